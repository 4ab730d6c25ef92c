package demo

import (
	"fmt"

	"annals/backend/audit"
	"annals/backend/inventory"
	"annals/backend/tenant"
)

// installations are the sources of the export files, each with the pages on which its objects are
// edited.
var installations = []struct {
	tenant, name, system, address string
	edit                          string
	special                       []any
}{
	{"/Northwind Telecom", "mor-eu-1", "mor", "https://mor-eu-1.northwind.example/", "https://mor-eu-1.northwind.example/{kind}s/edit/{id}",
		[]any{"mor.device https://mor-eu-1.northwind.example/devices/device_edit/{id}"}},
	{"/Northwind Telecom", "safe-1", "safe", "https://safe.northwind.example/", "https://safe.northwind.example/admin/{kind}?id={id}", nil},
	{"/Meridian Networks", "sippy-us-2", "sippy", "https://sippy-us-2.meridian.example/", "https://sippy-us-2.meridian.example/{kind}s.php?action=edit&id={id}", nil},
	{"/Meridian Networks", "alternet-nbo-1", "alternet", "https://alternet.meridian.example/", "https://alternet.meridian.example/{kind}/{id}/edit", nil},
	{"/", "sbc-1", "sbc", "https://spider.annals.example/", "https://spider.annals.example/edit?type={kind}&object={id}", nil}, // it serves all
}

// configure sets up the sources, and the reasons of Northwind Telecom. Unlike all the rest this is
// done now, as whoever starts the demo would do it.
func (f *founder) configure() error {
	e := inventory.Editor{Log: f.log, Scope: tenant.Of(f.root), Origin: audit.System("annals demo")}
	for _, s := range installations {
		attributes := map[string]any{"name": s.name, "system": s.system, "base_url": s.address, "edit_url": s.edit, "edit_urls": s.special}
		_, err := e.CreateObject(f.tx, inventory.KindSource, inventory.Draft{TenantID: f.tenants[s.tenant].ID, Attributes: attributes})
		if err != nil {
			return fmt.Errorf("make source %s: %w", s.name, err)
		}
	}
	reasons := []any{"Customer request", "Contract renewal", "Billing correction", "Fraud or abuse", "Fault repair", "Migration"}
	return e.ChangeSetting(f.tx, inventory.KindReasons, 0, inventory.Draft{TenantID: f.tenants["/Northwind Telecom"].ID, Attributes: map[string]any{"reasons": reasons}})
}
