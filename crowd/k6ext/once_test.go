package k6ext

import (
	"testing"

	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/executor"
	"gopkg.in/guregu/null.v3"

	"github.com/matchday/crowd/engine"
)

func TestOneCrowdAProcess(t *testing.T) {
	single, several := executor.NewPerVUIterationsConfig("single"), executor.NewConstantVUsConfig("several")
	several.VUs = null.IntFrom(3)
	options := lib.Options{Scenarios: lib.ScenarioConfigs{"single": single, "several": several}}
	var plays onlyOnce
	if err := plays.begin(options, "several"); engine.CodeOf(err) != "CROWD_NOT_ONCE" {
		t.Errorf("three VUs: %v", err)
	}
	if err := plays.begin(options, "single"); err != nil {
		t.Errorf("one VU: %v", err)
	}
	for _, scenario := range []string{"single", "another"} {
		if err := plays.begin(options, scenario); engine.CodeOf(err) != "CROWD_NOT_ONCE" {
			t.Errorf("once more, by %s: %v", scenario, err)
		}
	}
}
