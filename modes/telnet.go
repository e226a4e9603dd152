package modes

// refuser answers telnet's option negotiation (RFC 854): every option is refused. IAC WILL and WONT get IAC DONT, IAC DO
// and DONT get IAC WONT. What comes is not changed. Its state is kept between reads.
type refuser struct {
	iac    bool // the last byte was IAC
	answer byte // not 0: the last two bytes were IAC and a verb; what its answer is
	reply  func(b []byte)
	next   func(p []byte) // sees what comes as well; may be nil
}

const (
	telnetWill = 251
	telnetWont = 252
	telnetDo   = 253
	telnetDont = 254
	telnetIAC  = 255
)

func (t *refuser) hear(p []byte) {
	if t.next != nil {
		t.next(p)
	}
	var out []byte
	for _, c := range p {
		switch {
		case t.answer != 0:
			out = append(out, telnetIAC, t.answer, c)
			t.answer = 0
		case t.iac:
			t.iac = false
			switch c {
			case telnetWill, telnetWont:
				t.answer = telnetDont
			case telnetDo, telnetDont:
				t.answer = telnetWont
			}
		default:
			t.iac = c == telnetIAC
		}
	}
	if len(out) > 0 {
		t.reply(out)
	}
}
