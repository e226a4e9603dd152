package modes

import "strconv"

// parseEscapes reads text in which \r \n \t \0 \\ and \xHH stand for bytes that are hard to type. Any other backslash is
// refused: what was meant by it cannot be known.
func parseEscapes(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		if i == len(s) {
			return nil, argError(strconv.Quote(s) + " ends in a backslash: \\\\ is one")
		}
		switch s[i] {
		case 'r':
			out = append(out, '\r')
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case '0':
			out = append(out, 0)
		case '\\':
			out = append(out, '\\')
		case 'x':
			n, err := uint64(0), error(strconv.ErrSyntax)
			if i+2 < len(s) {
				n, err = strconv.ParseUint(s[i+1:i+3], 16, 8)
			}
			if err != nil {
				return nil, argError(strconv.Quote(s) + ": \\x needs two hexadecimal digits")
			}
			out, i = append(out, byte(n)), i+2
		default:
			return nil, argError(strconv.Quote(s) + ": there is no " + strconv.Quote(s[i-1:i+1]) + ", use \\r \\n \\t \\0 \\\\ or \\xHH")
		}
	}
	return out, nil
}
