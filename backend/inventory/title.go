package inventory

import (
	"slices"
	"strings"

	"annals/backend/catalog"
)

// nameOf is what a list calls the object: a setting by its kind, what its kind's title says, its name
// where it has one, else the first text, then file, that it must have, else its kind and number.
func nameOf(k catalog.Kind, o Object, values Attributes) string {
	if k.Setting {
		return k.Label
	}
	title := k.TitleOf(func(field string) string {
		if field == "id" {
			return o.ExternalID
		}
		at := slices.IndexFunc(k.Fields, func(f catalog.Field) bool { return f.Name == field })
		if value := show(values[field]); value != "" {
			return k.Fields[at].WithUnit(value)
		}
		return ""
	})
	if title != "" {
		return strings.ToValidUTF8(title[:min(len(title), maxLine)], "")
	}
	for _, f := range nameFields(k) {
		if name := show(values[f.Name]); name != "" {
			return name
		}
	}
	return k.Title(o.ExternalID)
}

func nameFields(k catalog.Kind) (out []catalog.Field) {
	for _, want := range []func(catalog.Field) bool{
		func(f catalog.Field) bool { return f.Name == "name" },
		func(f catalog.Field) bool { return f.Required && f.Type == "text" && !f.Secret },
		func(f catalog.Field) bool { return f.Required && f.Type == "file" },
	} {
		if at := slices.IndexFunc(k.Fields, want); at >= 0 {
			out = append(out, k.Fields[at])
		}
	}
	return out
}
