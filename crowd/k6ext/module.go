// Package k6ext is the k6 module `k6/x/crowd`: one VU plays thousands of light clients.
//
//	import crowd from "k6/x/crowd";
//	export default function () { crowd.run(config); }
package k6ext

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/grafana/sobek"
	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"

	crowd "github.com/matchday/crowd"
	"github.com/matchday/crowd/engine"
)

func init() { modules.Register("k6/x/crowd", new(rootModule)) }

// rootModule is one for the whole process.
type rootModule struct{ plays onlyOnce }

type module struct {
	vu      modules.VU
	plays   *onlyOnce
	metrics *crowdMetrics
}

func (r *rootModule) NewModuleInstance(vu modules.VU) modules.Instance {
	metrics, err := registerMetrics(vu.InitEnv().Registry)
	if err != nil {
		common.Throw(vu.Runtime(), err)
	}
	return &module{vu: vu, plays: &r.plays, metrics: metrics}
}

func (m *module) Exports() modules.Exports {
	return modules.Exports{Default: map[string]any{"run": m.run}}
}

// run plays a configuration (CrowdConfig of contract.ts) to its end, and returns the final record. What goes wrong ends
// the test, with k6's exit code for an aborted one (108): a crowd that cannot play proves nothing.
func (m *module) run(config sobek.Value) sobek.Value {
	runtime := m.vu.Runtime()
	state := m.vu.State()
	if state == nil {
		common.Throw(runtime, &engine.Failure{Code: "CROWD_CONFIG_INVALID",
			Fact: "crowd.run is for the default function, not for the init context"})
	}
	parsed, err := configOf(config)
	var final *crowd.Final
	if err == nil {
		err = divide(parsed, state.Options, scenarioOf(m.vu.Context()))
	}
	if err == nil {
		err = m.plays.begin(state.Options, scenarioOf(m.vu.Context()))
	}
	if err == nil {
		err = longEnough(m.vu.Context(), parsed, time.Now())
	}
	if err == nil {
		ctx := m.vu.Context()
		pusher := m.metrics.pusher(state)
		final, err = engine.Run(ctx, parsed, engine.Options{
			Tick: func(tick engine.Tick) { pusher.push(ctx, tick) },
			Log:  func(line string) { state.Logger.Error(line) },
			Ended: func(ended *engine.Ended) {
				told, ends := pusher.end(ctx, ended)
				if told != nil {
					state.Logger.Error(told.Error())
				}
				if ends != nil {
					// Once the script has said what it has to say.
					m.vu.RegisterCallback()(func() error { return ends })
				}
			},
		})
	}
	if err != nil && m.vu.Context().Err() == nil {
		runtime.Interrupt(&errext.InterruptError{Reason: errext.AbortTest + ": " + err.Error()})
		return sobek.Undefined()
	}
	return runtime.ToValue(plain(final))
}

// configOf reads a configuration as JSON would, so that the contract's names count.
func configOf(value sobek.Value) (*crowd.Config, error) {
	invalid := func(err error) error {
		return &engine.Failure{Code: "CROWD_CONFIG_INVALID", Fact: "the crowd's configuration cannot be read", Cause: err,
			Hint: "crowd.run takes a CrowdConfig object"}
	}
	if common.IsNullish(value) {
		return nil, invalid(errors.New("it is missing"))
	}
	encoded, err := json.Marshal(value.Export())
	if err != nil {
		return nil, invalid(err)
	}
	var config crowd.Config
	if err := json.Unmarshal(encoded, &config); err != nil {
		return nil, invalid(err)
	}
	return &config, nil
}

// plain is the record as a script sees it: with the contract's names.
func plain(final *crowd.Final) (record any) {
	encoded, err := json.Marshal(final)
	if err != nil || json.Unmarshal(encoded, &record) != nil {
		return nil
	}
	return record
}
