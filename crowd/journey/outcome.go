package journey

import "strconv"

// Outcomes of a request that is without an answer.
const (
	// Timeout: it may have been carried out.
	Timeout = "timeout"
	// Connection: refused, reset or broken off.
	Connection = "connection"
)

// Statuses says where each outcome leads: `201`, `2xx`, `timeout`, `connection`.
type Statuses map[string]Next

// Of finds where an outcome leads; a status before its class.
func (s Statuses) Of(outcome string) (Next, bool) {
	next, known := s[outcome]
	if !known {
		next, known = s[classOf(outcome)]
	}
	return next, known
}

// Outcomes is a set of them.
type Outcomes map[string]bool

func (o Outcomes) Has(outcome string) bool { return o[outcome] || o[classOf(outcome)] }

// StatusOutcome is the outcome of an answer.
func StatusOutcome(status int) string { return strconv.Itoa(status) }

// classOf a status is `2xx`; other outcomes have none.
func classOf(outcome string) string {
	if len(outcome) == 3 && outcome[0] >= '1' && outcome[0] <= '5' {
		return outcome[:1] + "xx"
	}
	return ""
}

// isStatus: `201` or `2xx`.
func isStatus(text string) bool {
	if classOf(text) == text {
		return true
	}
	status, err := strconv.Atoi(text)
	return err == nil && len(text) == 3 && status >= 100 && status <= 599
}
