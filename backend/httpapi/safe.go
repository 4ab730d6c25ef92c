package httpapi

import (
	"bufio"
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"annals/backend/audit"
)

// safePath is where SAFE has its User Activity Log: a client written against it changes the host alone.
// It serves what came in from SAFE, under SAFE's own ids, so that such a client goes on where it stopped.
const safePath = "/backend/api/v1/userActivityLog/"

// activity is one entry with the field names and types of SAFE's documentation.
type activity struct {
	ID                       string `json:"id"`
	User                     string `json:"user"`
	OnBehalfOfUser           string `json:"onBehalfOfUser"`
	CustomerID               string `json:"customerID"`
	ActivityType             string `json:"activityType"`
	ActivityDate             string `json:"activityDate" doc:"2026-03-01, UTC"`
	ActivityTime             string `json:"activityTime" doc:"00:29:05, UTC"`
	UsedExpertMode           string `json:"usedExpertMode" enum:"Yes,No"`
	BulkImportFileID         string `json:"bulkImportFileID"`
	BulkImportFileLineNumber *int64 `json:"bulkImportFileLineNumber" nullable:"true"`
	CDRFileID                string `json:"CDRFileID"`
	CDRFileLineNumber        *int64 `json:"CDRFileLineNumber" nullable:"true"`
	UsedAPI                  string `json:"usedAPI" enum:"Yes,No"`
	FromProvider             string `json:"fromProvider" enum:"Yes,No"`
	LinkedToType             string `json:"linkedToType"`
	LinkedTo                 string `json:"linkedTo"`
	LinkedToRevisionNumber   string `json:"linkedToRevisionNumber"`
	ActivityReason           string `json:"activityReason"`
	ActivityDetails          string `json:"activityDetails"`
	ActivityCommentary       string `json:"activityCommentary"`
	ActivityOnType           string `json:"activityOnType"`
	ActivityOn               string `json:"activityOn"`
	ActivityOnRevisionNumber string `json:"activityOnRevisionNumber"`
}

// activityOf is an entry of SAFE's as it came in; where its actor stands above the viewer, the parts
// of it that tell no more than the grid does.
func (s *Server) activityOf(e audit.Event) (json.RawMessage, error) {
	if len(e.Original) > 0 {
		return e.Original, nil
	}
	yes := func(b bool) string {
		if b {
			return "Yes"
		}
		return "No"
	}
	label := func(kind string) string {
		if k, ok := s.Log.Catalog().Kind(kind); ok {
			return k.Label
		}
		return kind
	}
	object, linked := deref(e.Object), deref(e.LinkedTo)
	t, _ := s.Log.Catalog().Type(e.Type)
	return json.Marshal(activity{ID: e.ExternalID, User: e.Actor.Name, OnBehalfOfUser: deref(e.OnBehalfOf).Name, CustomerID: e.Customer,
		ActivityType: t.Match, ActivityDate: e.OccurredAt.Format(time.DateOnly), ActivityTime: e.OccurredAt.Format(time.TimeOnly),
		UsedExpertMode: yes(e.ExpertMode), UsedAPI: yes(e.UsedAPI), FromProvider: yes(e.FromProvider),
		BulkImportFileID: deref(e.ImportFile).ID, BulkImportFileLineNumber: orNull(deref(e.ImportFile).Line),
		CDRFileID: deref(e.CDRFile).ID, CDRFileLineNumber: orNull(deref(e.CDRFile).Line),
		LinkedToType: label(linked.Kind), LinkedTo: linked.ID, LinkedToRevisionNumber: linked.Revision,
		ActivityReason: e.Reason, ActivityDetails: e.Description, ActivityCommentary: e.Commentary,
		ActivityOnType: label(object.Kind), ActivityOn: object.ID, ActivityOnRevisionNumber: object.Revision})
}

type safeListIn struct {
	IDAfter      int64     `query:"idAfter" minimum:"0" doc:"Only include entries with a higher ID"`
	CreatedSince time.Time `query:"createdSince" doc:"Only include entries created since the given time"`
	UpdatedSince time.Time `query:"updatedSince" doc:"Only include entries updated since the given time; an entry never changes, so it is its creation"`
}

func (s *Server) safeList(ctx context.Context, in *safeListIn) (*huma.StreamResponse, error) {
	f := audit.Filter{System: []string{"safe"}, From: in.CreatedSince}
	if in.UpdatedSince.After(in.CreatedSince) {
		f.From = in.UpdatedSince
	}
	return s.stream(ctx, "application/json", nil, func(ctx context.Context, w *bufio.Writer) error {
		separator := "["
		err := s.Log.PullBySourceID(ctx, who(ctx).Scope, f, in.IDAfter, func(e audit.Event) error {
			a, err := s.activityOf(e)
			if err != nil {
				return err
			}
			if _, err := w.WriteString(separator); err != nil {
				return err
			}
			separator = ","
			_, err = w.Write(a)
			return err
		})
		if err != nil {
			return err
		}
		if separator == "[" {
			_, err = w.WriteString("[]")
		} else {
			_, err = w.WriteString("]")
		}
		if err != nil {
			return err
		}
		return w.Flush()
	})
}

type safeEntryIn struct {
	ID string `path:"id" maxLength:"30"`
}

func (s *Server) safeEntry(ctx context.Context, in *safeEntryIn) (*body[json.RawMessage], error) {
	e, err := s.Log.FindBySourceID(ctx, who(ctx).Scope, "safe", in.ID)
	if err != nil {
		return nil, err
	}
	a, err := s.activityOf(e)
	if err != nil {
		return nil, err
	}
	return answer(a), nil
}
