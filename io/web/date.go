package web

import "time"

// Dates, RFC 9110, section 5.6.7.

// appendDate appends the IMF-fixdate of sec, in seconds since 1970: "Sun, 06 Nov 1994 08:49:37 GMT".
func appendDate(b []byte, sec int64) []byte {
	return time.Unix(sec, 0).UTC().AppendFormat(b, fixdate)
}

const (
	fixdate = "Mon, 02 Jan 2006 15:04:05 GMT"
	rfc850  = "Monday, 02-Jan-06 15:04:05 GMT"
	asctime = "Mon Jan _2 15:04:05 2006"
)

// parseDate reads any of the three forms that a recipient MUST accept.
func parseDate(b []byte) (sec int64, ok bool) {
	if len(b) > 40 { // no date is that long
		return 0, false
	}
	s := string(b)
	for i, layout := range [...]string{fixdate, rfc850, asctime} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if i == 1 && t.After(time.Now().AddDate(50, 0, 0)) {
			// "... that appears to be more than 50 years in the future as representing the most recent year in the past
			// that had the same last two digits".
			t = t.AddDate(-100, 0, 0)
		}
		return t.Unix(), true
	}
	return 0, false
}
