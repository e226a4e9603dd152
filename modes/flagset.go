package modes

import (
	"strconv"
	"strings"
	"time"
)

// The flags whose value means more than one thing.

func setTime(p *time.Duration, flag, v string) error {
	d, err := parseDuration(v)
	if err != nil {
		return badValue(flag, err)
	}
	*p = d
	return nil
}

func setQuit(o *options, v string) error {
	d, err := parseSignedSeconds(v)
	if err != nil {
		return badValue("quit-after", err)
	}
	o.quit, o.quitSet = d, true
	return nil
}

func setProbe(o *options, v string) error {
	o.probing = true
	if v == "true" {
		o.probe = 3 * time.Second
		return nil
	}
	return setTime(&o.probe, "probe", v)
}

func setPackets(o *options, v string) error {
	n := 0
	err := setCount(&n, "packets", v, 1, 1<<31-1)
	o.packets = int64(n)
	return err
}

func setUserTimeout(o *options, v string) error {
	d, err := parseDuration(v)
	if err != nil {
		return badValue("user-timeout", err)
	}
	return addOpt(o, "user_timeout", strconv.FormatInt(d.Milliseconds(), 10)) // its own unit (tcp(7))
}

// setBuffer takes a size as every other flag does.
func setBuffer(o *options, name, v string) error {
	n, err := parseSize(v)
	if err != nil {
		return badValue(name, err)
	}
	return addOpt(o, name, strconv.FormatInt(n, 10))
}

func setStats(o *options, v string) error {
	o.stats = true
	if v == "true" {
		return nil
	}
	return setTime(&o.statsEvery, "stats", v)
}

// setKeepalive reads --keepalive, --keepalive=IDLE or --keepalive=IDLE,INTVL,CNT (tcp(7): TCP_KEEPIDLE and so on).
func setKeepalive(o *options, v string) error {
	if v == "false" {
		return addOpt(o, "keepalive", "off")
	}
	if err := addOpt(o, "keepalive", "on"); err != nil || v == "true" {
		return err
	}
	parts := strings.Split(v, ",")
	if len(parts) > 3 {
		return usageError("--keepalive: " + v + " has more than IDLE,INTVL,CNT")
	}
	for i, p := range parts {
		if p == "" {
			continue
		}
		if err := addOpt(o, []string{"keepidle", "keepintvl", "keepcnt"}[i], p); err != nil {
			return err
		}
	}
	return nil
}

// The flags below have a row in each family's part of the table; which one is meant is known once the address is. They
// are kept as they were typed until then (see cable.familyOpts).

func setTTL(o *options, v string) error {
	return setCount(&o.ttl, "ttl", v, 1, 255)
}

func setLoop(o *options, v string) error {
	i, err := oneOf("loop", v, "on", "off")
	o.loop = []string{"on", "off"}[i]
	return err
}

func setTOS(o *options, v string) error {
	if err := addOpt(&options{}, "tos", v); err != nil {
		return err
	}
	o.tos = v
	return nil
}

// setEscaped takes text with escapes (see parseEscapes).
func setEscaped(p *string, flag, v string) error {
	b, err := parseEscapes(v)
	if err != nil {
		return badValue(flag, err)
	}
	*p = string(b)
	return nil
}
