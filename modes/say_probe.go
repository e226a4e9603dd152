package modes

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"cat5/io/hist"
	"cat5/io/sys"
)

// Every word of probe: one address is shown in full, several as a table, a line each.

// tell says with -v how each connection went, as it did.
func (r *probeRun) tell(tg *probeTarget, p probed, round int) {
	s := tg.word + ": "
	if r.f.count > 1 {
		s += itoa(round) + " of " + itoa(r.f.count) + ": "
	}
	switch {
	case p.err != nil:
		s += p.err.Error()
		if r.o.quiet {
			r.t.line(sys.SafeName(tg.word) + ": " + p.err.Error()) // an error, which --quiet does not hide
			return
		}
	default:
		s += "connected in " + formatDuration(p.conn.Took)
		if p.asked {
			s += ", first byte after " + formatDuration(p.first)
		}
	}
	r.t.say(1, sys.SafeName(s))
}

// report is the document.
func (r *probeRun) report(code int) error {
	if r.o.json {
		return r.e.print(r.json(code))
	}
	if r.o.quiet {
		return nil
	}
	s := ""
	if len(r.all) == 1 && r.all[0].tried > 0 {
		s = r.all[0].full()
	} else {
		s = r.table()
	}
	if r.f.count > 1 {
		for _, tg := range r.all {
			s += r.repeated(tg)
		}
	}
	return r.e.print(s)
}

// table is a line for each address. Its columns hold no spaces, the last one apart, so that awk and sort can be used.
func (r *probeRun) table() string {
	rows := [][]string{{"ADDRESS", "RESOLVE", "CONNECT", "RTT", "MSS", "PMTU", "RESULT"}}
	if r.f.ask {
		rows[0] = []string{"ADDRESS", "RESOLVE", "CONNECT", "FIRST", "RTT", "MSS", "PMTU", "RESULT"}
	}
	for _, tg := range r.all {
		p := &tg.last
		connect, first, rtt, mss, mtu := "-", "-", "-", "-", "-"
		if p.conn.Took > 0 {
			connect = cell(p.conn.Took)
		}
		if p.asked {
			first = cell(p.first)
		}
		if i := p.info; i != nil {
			rtt, mss, mtu = cell(micro(i.Rtt)), itoa(int(i.Snd_mss)), itoa(int(i.Pmtu))
		}
		result := "not tried"
		switch {
		case tg.tried == 0 && tg.cut:
			result = "cut short by a signal"
		case tg.tried == 0:
		case p.err != nil:
			result = p.err.Error()
		default:
			result = "ok"
			if tg.network != "unix" {
				result += " " + p.conn.Peer.String()
			}
		}
		resolve := "-"
		if tg.tried > 0 {
			resolve = cell(p.resolve)
		}
		row := []string{sys.SafeName(tg.word), resolve, connect}
		if r.f.ask {
			row = append(row, first)
		}
		rows = append(rows, append(row, rtt, mss, mtu, result))
	}
	return tabular(rows)
}

// tabular pads each column but the last to its widest cell.
func tabular(rows [][]string) string {
	width := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, c := range row {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, c := range row[:len(row)-1] {
			b.WriteString(c + strings.Repeat(" ", width[i]-len([]rune(c))+2))
		}
		b.WriteString(row[len(row)-1] + "\n")
	}
	return b.String()
}

func micro(us uint32) time.Duration { return time.Duration(us) * time.Microsecond }

// cell is a time without the space before its unit.
func cell(d time.Duration) string { return strings.Replace(formatDuration(d), " ", "", 1) }

// full is all that is known of one address.
func (tg *probeTarget) full() string {
	p := &tg.last
	s := ""
	row := func(name, text string) {
		if text != "" {
			s += pad(name, 12) + text + "\n"
		}
	}
	row("address", sys.SafeName(tg.word))
	if tg.network != "unix" {
		names := ""
		for _, a := range p.addrs {
			names += " " + a.AddrPort().Addr().Unmap().String()
		}
		row("resolve", strings.TrimSuffix(formatDuration(p.resolve)+":"+names, ":"))
	}
	for _, t := range p.tries {
		how := "connected"
		if t.err != nil {
			how = whyOf(t.err)
		}
		name := t.addr.String()
		if tg.network == "unix" {
			name = sys.SafeName(tg.plan.Path)
		}
		row("try", name+": "+how+" after "+formatDuration(t.took))
	}
	if p.conn.Took > 0 {
		row("local", p.conn.Local.String())
		row("connect", formatDuration(p.conn.Took))
	}
	if p.asked {
		row("first byte", formatDuration(p.first)+"; answer "+firstOf(p.got)+" ("+formatBytes(int64(len(p.got)))+")")
	}
	s += tg.tcpRows()
	if v := p.opt("peercred"); v != "" && tg.network == "unix" {
		row("peer", v)
	}
	set := ""
	for _, o := range p.opts {
		if o.name != "mtu" && o.name != "ipv6_mtu" && o.name != "peercred" {
			set += " " + o.name + "=" + o.value
		}
	}
	row("sockopt", strings.TrimPrefix(set, " "))
	if p.err != nil {
		row("result", p.err.Error())
	} else {
		row("result", "ok")
	}
	return s
}

// tcpRows is what TCP_INFO says (tcp(7); the fields are named in linux/tcp.h).
func (tg *probeTarget) tcpRows() string {
	p := &tg.last
	i := p.info
	if i == nil {
		return ""
	}
	mtu := p.opt("mtu")
	if six := p.opt("ipv6_mtu"); six != "" {
		mtu = six
	}
	if mtu == "" {
		mtu = itoa(int(i.Pmtu))
	}
	s := pad("state", 12) + sys.TCPState(i.State) + "\n"
	s += pad("rtt", 12) + formatDuration(micro(i.Rtt)) + " +- " + formatDuration(micro(i.Rttvar)) + "\n"
	s += pad("mss", 12) + itoa(int(i.Snd_mss)) + " to send, " + itoa(int(i.Rcv_mss)) + " received, " + itoa(int(i.Advmss)) + " announced\n"
	s += pad("path mtu", 12) + mtu + "\n"
	s += pad("window", 12) + "the peer's " + itoa(int(i.Snd_wnd)) + ", ours " + itoa(int(i.Rcv_wnd)) + ", rcv_space " + itoa(int(i.Rcv_space)) + ", congestion " + plural(int64(i.Snd_cwnd), "segment") + "\n"
	s += pad("segments", 12) + itoa(int(i.Segs_out)) + " out, " + itoa(int(i.Segs_in)) + " in, " + itoa(int(i.Total_retrans)) + " retransmitted\n"
	return s + pad("negotiated", 12) + p.negotiated() + "\n"
}

// negotiated is what both ends agreed on in the SYNs: the bits of tcpi_options (linux/tcp.h, TCPI_OPT_*).
func (p *probed) negotiated() string {
	s := ""
	for i, name := range []string{"timestamps", "sack", "", "ecn", "ecn_seen", "syn_data", "usec_ts"} {
		if name != "" && p.info.Options&(1<<i) != 0 {
			s += " " + name
		}
	}
	if p.info.Options&4 != 0 {
		s += " wscale=" + itoa(p.scale[0]) + "," + itoa(p.scale[1])
	}
	if s == "" {
		return "nothing"
	}
	return s[1:]
}

// whyOf is an error without the call and the address that it names.
func whyOf(err error) string {
	var call *sys.Error
	if errors.As(err, &call) {
		return call.Err.Error()
	}
	return err.Error()
}

// repeated is what many connections to one address come to.
func (r *probeRun) repeated(tg *probeTarget) string {
	s := "\n" + sys.SafeName(tg.word) + ": " + strconv.FormatInt(tg.ok, 10) + " of " + strconv.FormatInt(tg.tried, 10) + " answered\n"
	for i, why := range tg.reason {
		s += "  " + strconv.FormatInt(tg.often[i], 10) + " x " + why + "\n"
	}
	if tg.hist.N() > 0 {
		s += "connect     " + summary(&tg.hist) + "\n" + bars(&tg.hist)
	}
	if tg.bytes.N() > 0 {
		s += "first byte  " + summary(&tg.bytes) + "\n" + bars(&tg.bytes)
	}
	return s
}

// summary is a histogram in five figures.
func summary(h *hist.Hist) string {
	return "min " + formatDuration(h.Min()) + ", avg " + formatDuration(h.Mean()) + ", p50 " + formatDuration(h.Quantile(0.5)) +
		", p99 " + formatDuration(h.Quantile(0.99)) + ", max " + formatDuration(h.Max())
}
