// k6, with the crowd in it: one `go build` makes the load engine of Matchday.
package main

import (
	"go.k6.io/k6/v2/cmd"

	_ "github.com/matchday/crowd/k6ext"
)

func main() { cmd.Execute() }
