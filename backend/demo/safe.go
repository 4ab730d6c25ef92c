package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// activity is an element of SAFE's list, with its field names.
type activity struct {
	ID                       string `json:"id"`
	User                     string `json:"user"`
	OnBehalfOfUser           string `json:"onBehalfOfUser"`
	CustomerID               string `json:"customerID"`
	ActivityType             string `json:"activityType"`
	ActivityDate             string `json:"activityDate"`
	ActivityTime             string `json:"activityTime"`
	UsedExpertMode           string `json:"usedExpertMode"`
	BulkImportFileID         string `json:"bulkImportFileID"`
	BulkImportFileLineNumber *int   `json:"bulkImportFileLineNumber"`
	CDRFileID                string `json:"CDRFileID"`
	CDRFileLineNumber        *int   `json:"CDRFileLineNumber"`
	UsedAPI                  string `json:"usedAPI"`
	FromProvider             string `json:"fromProvider"`
	LinkedToType             string `json:"linkedToType"`
	LinkedTo                 string `json:"linkedTo"`
	LinkedToRevisionNumber   string `json:"linkedToRevisionNumber"`
	ActivityReason           string `json:"activityReason"`
	ActivityDetails          string `json:"activityDetails"`
	ActivityCommentary       string `json:"activityCommentary"`
	ActivityOnType           string `json:"activityOnType"`
	ActivityOn               string `json:"activityOn"`
	ActivityOnRevisionNumber string `json:"activityOnRevisionNumber"`

	at time.Time
}

// What happens to the customers of a billing platform: activity type, on type and id, linked to type
// and id, reason, details, commentary.
var safeLives = [][]string{
	{"Customer Create|Customer|${id}|Contract|${id}||Customer created from web order ${number}|", "Customer Update|Customer|${id}|Contract|${id}|Customer request|E-mail address changed to ${person}@example.net|",
		"Bill Generation|Bill|${number}|Contract|${id}||Bill of ${amount} EUR generated|", "Payment Received|Customer|${id}|Bill|${number}||Payment of ${amount} EUR by SEPA transfer|",
		"Tariff Approval|Tariff|${few}|Contract|${id}|Contract renewal|Tariff approved for the contract|", "Bill Generation|Bill|${number}|Contract|${id}||Bill of ${amount} EUR generated|",
		"Service Drop|Service|${id}|Contract|${id}|Non-payment|Service dropped after the second reminder|Called the customer twice.\nNobody answered; letter sent.", "Payment Received|Customer|${id}|Bill|${number}||Payment of ${amount} EUR by card|",
		"Service Reinstate|Service|${id}|Contract|${id}|Customer request|Service reinstated|Called the customer first.\nAgreed by e-mail.", "Customer Update|Customer|${id}|Contract|${id}|Billing correction|Credit limit from ${balance} to ${newbalance} EUR|Godkjent av økonomi – se e-post fra i går.",
		"Bill Generation|Bill|${number}|Contract|${id}||Bill of ${amount} EUR generated|", "Service Drop|Service|${id}|Contract|${id}|Contract ended|Service dropped at the end of the contract|"},
	{"Tariff Approval|Tariff|${id}|||Contract renewal|Price list of the quarter|", "Tariff Unapproval|Tariff|${id}|||Billing correction|Wrong price for roaming zone 3|Found by the auditors. Corrected list follows.", "Tariff Approval|Tariff|${id}|||Billing correction|Corrected price list|"},
	{"Customer Create|Customer|${id}|Contract|${id}||Customer created in the shop|", "Payment Received|Customer|${id}|Bill|${number}||Payment of ${amount} EUR in cash|", "Customer Update|Customer|${id}|||Fraud investigation|Outgoing calls abroad barred|日本向けの通話が急増。顧客に確認中。",
		"Customer Update|Customer|${id}|||Fraud investigation|Outgoing calls abroad allowed again|", "Bill Generation|Bill|${number}|Contract|${id}||Bill of ${amount} EUR generated|", "Address Validation|Customer|${id}|||Customer request|Address checked against the register|",
		"User Delete|User|${few}|||Customer request|Self-care login removed|"},
}

// safe writes the user activity log of a billing platform.
func safe(now time.Time) []byte {
	c := newCalendar(now, 5)
	var all []activity
	yes := func(b bool) string {
		if b {
			return "Yes"
		}
		return "No"
	}
	write := func(at time.Time, a activity) {
		a.at, a.ActivityDate, a.ActivityTime = at, at.Format(time.DateOnly), at.Format(time.TimeOnly)
		for _, flag := range []*string{&a.UsedExpertMode, &a.UsedAPI, &a.FromProvider} {
			if *flag == "" {
				*flag = "No"
			}
		}
		all = append(all, a)
	}
	s := &story{calendar: c, lives: safeLives, living: 30, begin: 200, value: func(_ *thing, name string) string { panic("cannot happen: no value for " + name) }}
	staff := []worker{{"ingrid.solheim", "", "Europe/Oslo", 0}, {"per.strand", "", "Europe/Oslo", 0}, {"marit.lunde", "", "Europe/Stockholm", 0}, {"crm.connector", "", "Europe/Oslo", 0}}
	for _, m := range c.moments(staff, 5) {
		program := m.who.name == "crm.connector"
		switch {
		case m.last, m.first && program:
		case m.first:
			write(m.at, activity{User: m.who.name, ActivityType: "Login", ActivityDetails: "Login by " + m.who.name})
		default:
			t, x := s.next()
			a := activity{User: m.who.name, CustomerID: fmt.Sprintf("C%05d", t.id), ActivityType: x[0], ActivityOnType: x[1], ActivityOn: x[2], ActivityOnRevisionNumber: strconv.Itoa(t.step),
				LinkedToType: x[3], LinkedTo: x[4], ActivityReason: x[5], ActivityDetails: x[6], ActivityCommentary: x[7], UsedAPI: yes(program), UsedExpertMode: yes(!program && c.IntN(15) == 0), FromProvider: yes(c.IntN(20) == 0)}
			if a.LinkedTo != "" {
				a.LinkedToRevisionNumber = strconv.Itoa(1 + t.step/4)
			} else if a.ActivityOnType == "Tariff" { // a price list for all
				a.CustomerID = ""
			}
			if c.IntN(9) == 0 {
				a.OnBehalfOfUser = one(c, customers...)
			}
			write(m.at, a)
		}
	}
	// One night a file is imported, and another one calls are rated.
	for i, at := range c.burst(8*24*time.Hour, 64, 4*time.Second) {
		line := i + 2
		write(at, activity{User: "ingrid.solheim", CustomerID: fmt.Sprintf("C%05d", 200+i), ActivityType: "Bulk Import", BulkImportFileID: "B31", BulkImportFileLineNumber: &line,
			ActivityOnType: "Customer", ActivityOn: strconv.Itoa(200 + i), ActivityOnRevisionNumber: "9", ActivityReason: "Contract renewal", ActivityDetails: "Price list 2026 assigned by import", UsedExpertMode: "Yes"})
	}
	for i, at := range c.burst(19*24*time.Hour, 70, 3*time.Second) {
		line := 1200 + i*311
		write(at, activity{User: "crm.connector", CustomerID: fmt.Sprintf("C%05d", 200+i%40), ActivityType: "Bill Generation", CDRFileID: "CDR9", CDRFileLineNumber: &line, UsedAPI: "Yes", FromProvider: "Yes",
			ActivityOnType: "Bill", ActivityOn: strconv.Itoa(12_000 + i), ActivityOnRevisionNumber: "1", LinkedToType: "Contract", LinkedTo: strconv.Itoa(200 + i%40), LinkedToRevisionNumber: "2", ActivityDetails: "Bill of the month generated from call records"})
	}
	all = slices.DeleteFunc(all, func(a activity) bool { return a.at.After(now) })
	slices.SortStableFunc(all, func(a, b activity) int { return a.at.Compare(b.at) })
	for i := range all {
		all[i].ID = strconv.Itoa(90_000 + i)
	}
	text, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		panic("cannot happen: texts are JSON: " + err.Error())
	}
	return text
}
