package journey

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Body is a JSON body with values in it.
type Body struct{ parts []bodyPart }

// bodyPart is JSON as it is, then either the content of a string, or a whole value.
type bodyPart struct {
	json  []byte
	text  *Template
	whole int
}

const noSlot = -1

// Append appends the body with its values.
func (b *Body) Append(dst []byte, scope *Scope) []byte {
	for i := range b.parts {
		p := &b.parts[i]
		dst = append(dst, p.json...)
		switch {
		case p.whole != noSlot && p.whole < len(scope.Values):
			dst = scope.Values[p.whole].AppendJSON(dst)
		case p.whole != noSlot:
			dst = append(dst, "null"...)
		case p.text != nil:
			dst = p.text.Append(append(dst, '"'), scope, InString)
			dst = append(dst, '"')
		}
	}
	return dst
}

func (b *Body) slots(visit func(slot int)) {
	for i := range b.parts {
		if b.parts[i].whole != noSlot {
			visit(b.parts[i].whole)
		}
		if b.parts[i].text != nil {
			b.parts[i].text.slots(visit)
		}
	}
}

// body reads a body; every string in it but names of members is a template.
func (n *names) body(raw []byte) (*Body, error) {
	reader := bodyReader{names: n, decoder: json.NewDecoder(bytes.NewReader(raw))}
	reader.decoder.UseNumber()
	if err := reader.value(); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	reader.flush(bodyPart{whole: noSlot})
	return &reader.body, nil
}

type bodyReader struct {
	names   *names
	decoder *json.Decoder
	body    Body
	json    []byte
}

func (r *bodyReader) flush(then bodyPart) {
	then.json = r.json
	r.body.parts = append(r.body.parts, then)
	r.json = nil
}

func (r *bodyReader) value() error {
	token, err := r.decoder.Token()
	if err != nil {
		return err
	}
	switch value := token.(type) {
	case json.Delim:
		return r.nest(value)
	case string:
		return r.text(value)
	default:
		encoded, err := json.Marshal(value)
		r.json = append(r.json, encoded...)
		return err
	}
}

func (r *bodyReader) nest(open json.Delim) error {
	r.json = append(r.json, byte(open))
	for first := true; r.decoder.More(); first = false {
		if !first {
			r.json = append(r.json, ',')
		}
		if open == '{' {
			name, err := r.decoder.Token()
			if err != nil {
				return err
			}
			r.json = append(appendStringContent(append(r.json, '"'), name.(string)), `":`...)
		}
		if err := r.value(); err != nil {
			return err
		}
	}
	closing, err := r.decoder.Token()
	if err != nil {
		return err
	}
	r.json = append(r.json, byte(closing.(json.Delim)))
	return nil
}

func (r *bodyReader) text(text string) error {
	template, err := r.names.template(text)
	if err != nil {
		return err
	}
	if plain, constant := template.Literal(); constant {
		r.json = append(appendStringContent(append(r.json, '"'), plain), '"')
		return nil
	}
	if len(template.parts) == 1 && template.parts[0].kind == captured {
		r.flush(bodyPart{whole: template.parts[0].slot})
		return nil
	}
	r.flush(bodyPart{text: &template, whole: noSlot})
	return nil
}
