package modes

import (
	"cat5/io/hist"
	"cat5/io/sys"
)

// json is the document of --json: one member of "targets" for each address, in the order given.
func (r *probeRun) json(code int) string {
	d := &jsonDoc{}
	d.open("", '{')
	d.number("v", 1)
	d.text("command", "probe")
	d.open("targets", '[')
	for _, tg := range r.all {
		d.b = append(d.b, "\n"...)
		if tg != r.all[0] {
			d.b = append(d.b[:len(d.b)-1], ",\n"...)
		}
		tg.json(d)
	}
	d.b = append(d.b, '\n', ']')
	d.number("code", uint64(code))
	d.shut('}')
	return string(d.b) + "\n"
}

func (tg *probeTarget) json(d *jsonDoc) {
	p := &tg.last
	d.open("", '{')
	d.text("address", tg.word)
	d.truth("answers", tg.tried > 0 && tg.ok == tg.tried)
	d.number("tried", uint64(tg.tried))
	d.number("ok", uint64(tg.ok))
	if tg.cut {
		d.truth("cut_short", true)
	}
	d.number("round", uint64(tg.round))
	d.number("resolve_ns", uint64(p.resolve))
	d.open("addresses", '[')
	for _, a := range p.addrs {
		d.text("", a.String())
	}
	d.shut(']')
	d.open("tries", '[')
	for _, t := range p.tries {
		d.open("", '{')
		name := t.addr.String()
		if tg.network == "unix" {
			name = tg.plan.Path
		}
		d.text("address", name)
		d.number("took_ns", uint64(max(t.took, 0)))
		if t.err != nil {
			d.text("error", whyOf(t.err))
			d.text("errno", sys.Errno(t.err))
		}
		d.shut('}')
	}
	d.shut(']')
	if p.conn.Took > 0 {
		d.text("local", p.conn.Local.String())
		d.text("peer", p.conn.Peer.String())
		d.number("connect_ns", uint64(p.conn.Took))
	}
	if p.asked {
		d.number("first_byte_ns", uint64(p.first))
		if p.err == nil {
			d.number("expected_ns", uint64(p.found))
		}
		d.number("answer_bytes", uint64(len(p.got)))
	}
	tg.infoJSON(d)
	d.open("sockopt", '{')
	for _, o := range p.opts {
		d.text(o.name, o.value)
	}
	d.shut('}')
	if p.err != nil {
		d.text("error", p.err.Error())
	}
	d.open("failures", '[')
	for i, why := range tg.reason {
		d.open("", '{')
		d.text("why", why)
		d.number("times", uint64(tg.often[i]))
		d.shut('}')
	}
	d.shut(']')
	histJSON(d, "connect", &tg.hist)
	histJSON(d, "first_byte", &tg.bytes)
	d.shut('}')
}

func (tg *probeTarget) infoJSON(d *jsonDoc) {
	p := &tg.last
	i := p.info
	if i == nil {
		return
	}
	d.open("tcp_info", '{')
	d.text("state", sys.TCPState(i.State))
	for _, n := range []struct {
		name string
		v    uint32
	}{
		{"rtt_us", i.Rtt}, {"rttvar_us", i.Rttvar}, {"snd_mss", i.Snd_mss}, {"rcv_mss", i.Rcv_mss}, {"advmss", i.Advmss}, {"pmtu", i.Pmtu},
		{"snd_wnd", i.Snd_wnd}, {"rcv_wnd", i.Rcv_wnd}, {"rcv_space", i.Rcv_space}, {"snd_cwnd", i.Snd_cwnd},
		{"segs_out", i.Segs_out}, {"segs_in", i.Segs_in}, {"total_retrans", i.Total_retrans},
	} {
		d.number(n.name, uint64(n.v))
	}
	d.text("negotiated", p.negotiated())
	d.shut('}')
}

// histJSON is a histogram by its figures.
func histJSON(d *jsonDoc, name string, h *hist.Hist) {
	if h.N() == 0 {
		return
	}
	d.open(name, '{')
	d.number("n", uint64(h.N()))
	d.number("min_ns", uint64(h.Min()))
	d.number("avg_ns", uint64(h.Mean()))
	d.number("p50_ns", uint64(h.Quantile(0.5)))
	d.number("p99_ns", uint64(h.Quantile(0.99)))
	d.number("max_ns", uint64(h.Max()))
	d.shut('}')
}
