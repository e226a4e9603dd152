package filter

// CRLF ends every line with CR LF, as the text protocols of the Internet want it. A line that ends so already stays as
// it is, and a CR anywhere else is none of its business.
type CRLF struct {
	cr bool // the last byte of the call before was a CR
}

// Append appends src to dst with a CR before every LF that has none.
func (f *CRLF) Append(dst, src []byte) []byte {
	cr, from := f.cr, 0
	for i, c := range src {
		if c == '\n' && !cr {
			dst = append(dst, src[from:i]...)
			dst = append(dst, '\r')
			from = i
		}
		cr = c == '\r'
	}
	f.cr = cr
	return append(dst, src[from:]...)
}

// Flush has nothing to add: no byte is ever held back.
func (f *CRLF) Flush(dst []byte) []byte {
	f.cr = false
	return dst
}
