package http1

import "strings"

// Refusal says why a request cannot carry a header that a user gives, and what to do; empty where it can.
func Refusal(name, value string) string {
	for i := range len(name) {
		if !isNameByte(name[i]) {
			return "is no name of a header; give one of letters, digits and hyphens"
		}
	}
	if name == "" {
		return "is no name of a header; give one of letters, digits and hyphens"
	}
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return "has a control character in its value; leave that out"
		}
	}
	switch strings.ToLower(name) {
	case "content-length", "transfer-encoding", "trailer", "expect", "upgrade", "http2-settings":
		return "would change how a request is framed; leave it out"
	case "connection":
		for option := range strings.SplitSeq(value, ",") {
			option = strings.Trim(option, " \t")
			if !strings.EqualFold(option, "keep-alive") && !strings.EqualFold(option, "close") {
				return "would change how a request is framed; give keep-alive or close, or leave it out"
			}
		}
	case "host":
		if value == "" || strings.ContainsAny(value, " \t/?#@\\,") {
			return "is no host, with or without a port; give one as live.example.com:8443"
		}
	}
	return ""
}
