package modes

import (
	"time"

	"cat5/io/scan"
)

// The words of wait.

// words is what one answer means.
func (t *waitTarget) words(kn *scan.Knock, open bool) string {
	switch {
	case open:
		return "answers"
	case kn.Err == scan.ErrTimeout && kn.State != scan.Open:
		return "no answer"
	case kn.State == scan.Open && t.r.expect != "":
		return "connected, but what it says is not what is expected"
	case kn.Err != nil:
		return kn.Err.Error()
	}
	return kn.State.String()
}

// arrived is the one line at the end.
func (r *waitRun) arrived() string {
	what := " answers"
	if r.closing {
		what = " has stopped"
	}
	text := ""
	for _, t := range r.targets {
		if !t.done {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += visible(t.ep.String()) + what
		if took := t.took.Truncate(time.Millisecond); took > 0 {
			text += " after " + formatDuration(took)
		}
	}
	return text
}

// left is what is still waited for, each with its last answer.
func (r *waitRun) left() string {
	text := ""
	for _, t := range r.targets {
		if t.done {
			continue
		}
		if text != "" {
			text += "; "
		}
		text += visible(t.ep.String()) + ": "
		if t.why == "" {
			text += "no answer yet"
		} else {
			text += t.why
		}
	}
	return text
}

func (r *waitRun) document(met bool) string {
	d := &jsonDoc{}
	d.open("", '{')
	d.number("v", 1)
	d.truth("met", met)
	d.number("took_us", uint64((r.k.Now() - r.began).Microseconds()))
	d.open("targets", '[')
	for _, t := range r.targets {
		d.open("", '{')
		d.text("address", t.ep.String())
		d.truth("met", t.done)
		d.number("tries", uint64(t.tries))
		d.text("answer", t.why)
		if t.done {
			d.number("us", uint64(t.took.Microseconds()))
		}
		d.shut('}')
	}
	d.shut(']')
	d.shut('}')
	return string(append(d.b, '\n'))
}
