package importer_test

import (
	"fmt"
	"io"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"annals/backend/audit"
	"annals/backend/importer"
	"annals/backend/ledger"
	"annals/backend/tenant"
)

// generated is an export of any length that is made while it is read, so that it takes no memory.
type generated struct {
	head, between, tail string
	row                 func(i int) string
	rows, next          int
	rest                string
}

func (g *generated) Read(p []byte) (int, error) {
	for g.rest == "" {
		switch {
		case g.next > g.rows:
			return 0, io.EOF
		case g.next == g.rows:
			g.rest = g.tail + "\n"
		case g.next == 0:
			g.rest = g.head + g.row(0)
		default:
			g.rest = g.between + g.row(g.next)
		}
		g.next++
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// exports generates an export of each system: six months, 20,000 objects, 500 people, four
// sales organizations with dealers.
func exports(system string, rows int) *generated {
	g := &generated{rows: rows, between: "\n"}
	at := func(i int) time.Time { return time.Date(2024, 3, 1, 0, 0, i*150, 0, time.UTC) }
	name := func(i int) string { return fmt.Sprintf("user%d", i%500) }
	ip := func(i int) string { return fmt.Sprintf("198.51.%d.%d", i%100, i%250) }
	id := func(i int) int { return i * 7919 % 20_000 }
	switch system {
	case "mor":
		g.head = "id,date,user_id,username,action,data,data2,data3,data4,target_type,target_id\n"
		actions := []string{"login,%[4]s,,,,,", "bad_login,%[3]s/hunter2,%[4]s,,,,", "device_pin_changed,1234,9876,,,device,%[5]d",
			"did_assigned,3706%[5]d,dialplan %[1]d,,,,", "user_edited,,,,,user,%[5]d", "hacking_attempt,/users/edit/1,%[4]s,\"{\"\"id\"\"=>\"\"1\"\"}\",,,"}
		g.row = func(i int) string {
			return fmt.Sprintf("%d,%s,%d,%s,", i, at(i).Format(time.DateTime), i%500, name(i)) +
				fmt.Sprintf(actions[i%len(actions)]+"%.0[2]s", i%50, "", name(i), ip(i), id(i))
		}
	case "sippy":
		g.head = "Resource,Action,Action by,Date,User IP/Node\n"
		actions := []string{`accounts:%d,"Uaccounts:i_account=15:username=kofi.mensah,credit_limit=661.84"`, `accounts:%d,AUTH_OKcustomer:username=ivan.petrov`,
			`dids:%d,Ddids:i_did=390`, `accounts:%d,FUNDSdebit:i_account=170:447.20`, `web_users:%d,MFA_VRFYweb_user:ana.silva:TOTP`, `accounts:%d,"Aaccounts:i_account=1:web_password=hunter2,credit_limit=3"`}
		g.row = func(i int) string {
			return fmt.Sprintf(actions[i%len(actions)], id(i)) + fmt.Sprintf(",u:%d:%d:%s,%s,%s", i%90, i%500, name(i), at(i).Format(time.DateTime), ip(i))
		}
	case "sbc":
		g.head = "Modified Time,Modified By,Category,Event,Object,Description,Sales Organization,Dealer\n"
		actions := []string{"Subscription,Creation,Subscription %d,New subscription has been created", "User,Activation,User %d,User account has been activated",
			"Subscription,Exceedence,Subscription %d,Consumption limit is exceeded", "X-pos,Modification,X-pos Server %d,Public hostname of X-pos Server has been changed"}
		g.row = func(i int) string {
			return at(i).Format(time.RFC3339) + "," + name(i) + "," + fmt.Sprintf(actions[i%len(actions)], id(i)) + fmt.Sprintf(",Org %d,Dealer %d", i%4, i%40)
		}
	case "alternet":
		g.head = "Timestamp,Activity Type,Description,IP Address,User\n"
		actions := []string{"System,Auto-sync with router core-%[1]d completed: 69 clients,,", "Administrative,Client client%[1]d created,%[2]s,%[3]s",
			"Administrative,Payment of 544.20 KES processed for client%[1]d,%[2]s,%[3]s", "User,Login failed: wrong password,%[2]s,%[3]s%.0[1]d", "Administrative,Client client%[1]d modified: plan Home 50 to Home 100,%[2]s,%[3]s"}
		g.row = func(i int) string {
			return at(i).Format(time.DateTime) + "," + fmt.Sprintf(actions[i%len(actions)]+"%.0[3]s%.0[2]s", id(i), ip(i), name(i))
		}
	case "safe":
		g.head, g.between, g.tail = "[", ",\n", "]"
		kinds, types := []string{"Service", "Tariff", "Customer", "User"}, []string{"Login", "Customer Update", "Payment Received", "Service Drop", "Bill Generation"}
		g.row = func(i int) string {
			return fmt.Sprintf(`{"id": "%d", "user": %q, "onBehalfOfUser": "", "customerID": "C%05d", "activityType": %q, "activityDate": %q, "activityTime": %q,
 "usedExpertMode": "No", "bulkImportFileID": "", "bulkImportFileLineNumber": null, "CDRFileID": "CDR9", "CDRFileLineNumber": %d, "usedAPI": "Yes", "fromProvider": "No",
 "linkedToType": "Contract", "linkedTo": "%d", "linkedToRevisionNumber": "7", "activityReason": "Billing correction", "activityDetails": "Done by goran.ilic",
 "activityCommentary": "Called the customer first.\nAgreed by e-mail.", "activityOnType": %q, "activityOn": "%d", "activityOnRevisionNumber": "14"}`,
				90_000+i, name(i), i%400, types[i%len(types)], at(i).Format(time.DateOnly), at(i).Format(time.TimeOnly), i, i%1000, kinds[i%len(kinds)], id(i))
		}
	}
	return g
}

var systems = []string{"mor", "sippy", "sbc", "alternet", "safe"}

// BenchmarkImport imports 100,000 rows of each format and seals them; 10 s are allowed for each.
func BenchmarkImport(b *testing.B) {
	const rows = 100_000
	for _, system := range systems {
		b.Run(system, func(b *testing.B) {
			h := newHouse(b)
			var peak uint64
			var sealing time.Duration
			for n := 0; b.Loop(); n++ {
				runtime.GC()
				o := importer.Options{System: system, Source: fmt.Sprintf("%s-%d", system, n), Scope: tenant.Of(h.root), Tenant: h.root, CreateTenants: true,
					Origin: audit.System("bench"), Progress: func(importer.Progress) { peak = max(peak, heap()) }}
				res, err := importer.Run(b.Context(), h.db, h.log, o, exports(system, rows), func(line int64, reason string, raw []byte) error {
					return fmt.Errorf("line %d is rejected: %s: %s", line, reason, raw)
				})
				if err != nil || res.Accepted != rows {
					b.Fatalf("imported %+v: %v", res, err)
				}
				start := time.Now()
				if _, err := ledger.NewSealer(h.db).Drain(b.Context()); err != nil {
					b.Fatalf("seal: %v", err)
				}
				sealing += time.Since(start)
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/op")
			b.ReportMetric(10, "limit-s/op")
			b.ReportMetric(sealing.Seconds()/float64(b.N), "sealing-s/op")
			b.ReportMetric(float64(peak)/1e6, "peak-MB")
		})
	}
}

func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
