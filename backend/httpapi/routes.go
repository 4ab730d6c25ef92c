package httpapi

import (
	"context"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"annals/backend/access"
)

// route is one row of the table: who may call what.
type route struct {
	method, path string
	may          access.Permission
	summary      string
	handler      func(huma.API, huma.Operation)
	status       int   // of success, where it isn't 200 or, without a body, 204
	maxBody      int64 // bytes, where it isn't 1 MiB
}

const prefix = "/api/v1"

// routes is every call of the API. What a call may touch is the principal's scope; what is outside
// of it is answered as if it weren't there.
func (s *Server) routes() []route {
	return []route{
		{method: "POST", path: "/auth/login", may: access.Public, summary: "Sign in with e-mail and password", handler: on(s.login)},
		{method: "POST", path: "/auth/mfa/verify", may: access.Public, summary: "Give the second factor", handler: on(s.verifyMFA)},
		{method: "POST", path: "/auth/mfa/setup", may: access.Public, summary: "Begin to set up a second factor, by challenge or signed in", handler: on(s.setupMFA)},
		{method: "POST", path: "/auth/mfa/activate", may: access.Public, summary: "Confirm the second factor with its first code", handler: on(s.activateMFA)},
		{method: "POST", path: "/auth/mfa/disable", may: access.Own, summary: "Switch the second factor off", handler: on(s.disableMFA)},
		{method: "POST", path: "/auth/mfa/recovery-codes", may: access.Own, summary: "Make new recovery codes", handler: on(s.newRecoveryCodes)},
		{method: "POST", path: "/auth/otp/request", may: access.Public, summary: "Ask for a one-time password by e-mail", handler: on(s.requestOTP), status: 202},
		{method: "POST", path: "/auth/otp/login", may: access.Public, summary: "Sign in with a one-time password", handler: on(s.loginOTP)},
		{method: "POST", path: "/auth/invitation", may: access.Public, summary: "Whom an invitation is for", handler: on(s.invitation)},
		{method: "POST", path: "/auth/invitation/accept", may: access.Public, summary: "Choose a password by invitation, and sign in", handler: on(s.acceptInvitation)},
		{method: "POST", path: "/auth/refresh", may: access.Public, summary: "Get a new access token for the refresh cookie", handler: on(s.refresh)},
		{method: "POST", path: "/auth/logout", may: access.Public, summary: "Sign out", handler: on(s.logout)},
		{method: "POST", path: "/auth/password", may: access.Own, summary: "Change the own password", handler: on(s.changePassword)},

		{method: "GET", path: "/me", may: access.Own, summary: "Who is signed in, and what may they do", handler: on(s.me)},
		{method: "PATCH", path: "/me", may: access.Own, summary: "Change the own name or time zone", handler: on(s.updateMe)},
		{method: "GET", path: "/me/sessions", may: access.Own, summary: "The own sessions", handler: on(s.mySessions)},
		{method: "DELETE", path: "/me/sessions", may: access.Own, summary: "Sign out everywhere else", handler: on(s.revokeOthers)},
		{method: "DELETE", path: "/me/sessions/{id}", may: access.Own, summary: "Sign out one session", handler: on(s.revokeSession)},

		{method: "GET", path: "/events", may: access.ReadEvents, summary: "Search the log", handler: on(s.searchEvents)},
		{method: "GET", path: "/events/facets", may: access.ReadEvents, summary: "Count the values of a field", handler: on(s.facets)},
		{method: "GET", path: "/events/export", may: access.ExportEvents, summary: "All entries of a filter as a file", handler: on(s.exportEvents)},
		{method: "GET", path: "/events/by-event-id/{uuid}", may: access.ReadEvents, summary: "One entry by the id that its writer chose", handler: on(s.eventByEventID)},
		{method: "GET", path: "/events/{id}", may: access.ReadEvents, summary: "One entry with everything in it", handler: on(s.event)},
		{method: "GET", path: "/events/{id}/neighbours", may: access.ReadEvents, summary: "The entries before and after one", handler: on(s.neighbours)},
		{method: "GET", path: "/events/{id}/related", may: access.ReadEvents, summary: "What else there is of the same object, actor, address or session", handler: on(s.related)},

		{method: "GET", path: "/tenants", may: access.ReadTenants, summary: "Organizations", handler: on(s.searchTenants)},
		{method: "GET", path: "/tenants/tree", may: access.ReadTenants, summary: "The whole tree of the scope", handler: on(s.tenantTree)},
		{method: "POST", path: "/tenants", may: access.EditTenants, summary: "Create an organization", handler: on(s.createTenant), status: 201},
		{method: "GET", path: "/tenants/{id}", may: access.ReadTenants, summary: "One organization", handler: on(s.tenant)},
		{method: "PATCH", path: "/tenants/{id}", may: access.EditTenants, summary: "Change an organization", handler: on(s.updateTenant)},
		{method: "DELETE", path: "/tenants/{id}", may: access.EditTenants, summary: "Delete an empty organization", handler: on(s.deleteTenant)},
		{method: "GET", path: "/tenants/{id}/content", may: access.ReadTenants, summary: "Count what stands in an organization and below it", handler: on(s.tenantContent)},
		{method: "POST", path: "/tenants/{id}/close", may: access.EditTenants, summary: "Close an organization: nobody in it or below gets in", handler: on(s.stepTenant("close"))},
		{method: "POST", path: "/tenants/{id}/reopen", may: access.EditTenants, summary: "Reopen a closed organization", handler: on(s.stepTenant("reopen"))},
		{method: "POST", path: "/tenants/{id}/move", may: access.EditTenants, summary: "Move an organization, with all below it, to another parent", handler: on(s.moveTenant)},

		{method: "GET", path: "/users", may: access.ReadUsers, summary: "People", handler: on(s.searchUsers)},
		{method: "POST", path: "/users", may: access.EditUsers, summary: "Create a user", handler: on(s.createUser), status: 201},
		{method: "POST", path: "/users/reset-mfa", may: access.ResetMFA, summary: "Reset the second factor of everybody in an organization", handler: on(s.resetMFAForAll)},
		{method: "GET", path: "/users/{id}", may: access.ReadUsers, summary: "One user", handler: on(s.user)},
		{method: "GET", path: "/users/{id}/groups", may: access.ReadUsers, summary: "The groups that a user is in", handler: on(s.userGroups)},
		{method: "PATCH", path: "/users/{id}", may: access.EditUsers, summary: "Change a user", handler: on(s.updateUser)},
		{method: "DELETE", path: "/users/{id}", may: access.EditUsers, summary: "Delete a user", handler: on(s.deleteUser)},
		{method: "POST", path: "/users/{id}/activate", may: access.EditUsers, summary: "Activate a pending user", handler: on(s.stepUser("activate"))},
		{method: "POST", path: "/users/{id}/invite", may: access.EditUsers, summary: "Mail a pending user a link; an earlier one is void", handler: on(s.invite)},
		{method: "POST", path: "/users/{id}/revoke-invitation", may: access.EditUsers, summary: "Make an invitation's link void", handler: on(s.revokeInvitation)},
		{method: "POST", path: "/users/{id}/lock", may: access.EditUsers, summary: "Lock a user out", handler: on(s.stepUser("lock"))},
		{method: "POST", path: "/users/{id}/unlock", may: access.EditUsers, summary: "Let a locked user in again", handler: on(s.stepUser("unlock"))},
		{method: "POST", path: "/users/{id}/reset-mfa", may: access.ResetMFA, summary: "Reset a user's second factor", handler: on(s.resetMFA)},
		{method: "POST", path: "/users/{id}/reset-password", may: access.EditUsers, summary: "Take a user's password away and mail a one-time password", handler: on(s.resetPassword)},

		{method: "GET", path: "/catalog", may: access.ReadCatalog, summary: "Systems, event types, kinds, classes", handler: on(s.catalogue)},
		{method: "GET", path: "/objects", may: access.ReadObjects, summary: "Objects of all kinds", handler: on(s.searchObjects)},
		{method: "GET", path: "/objects/{kind}", may: access.ReadObjects, summary: "Objects of one kind", handler: on(s.searchObjectsOfKind)},
		{method: "GET", path: "/objects/{kind}/{id}", may: access.ReadObjects, summary: "One object", handler: on(s.object)},

		{method: "POST", path: "/objects/{kind}", may: access.EditObjects, summary: "Create an object", handler: on(s.createObject), status: 201},
		{method: "PATCH", path: "/objects/{kind}/{id}", may: access.EditObjects, summary: "Change an object", handler: on(s.updateObject)},
		{method: "DELETE", path: "/objects/{kind}/{id}", may: access.EditObjects, summary: "Delete an object; it can be restored", handler: on(s.deleteObject)},
		{method: "POST", path: "/objects/{kind}/{id}/actions/{action}", may: access.EditObjects, summary: "Do one of its kind's actions to an object", handler: on(s.actOnObject)},
		{method: "GET", path: "/objects/{kind}/{id}/revisions", may: access.ReadObjects, summary: "What an object was, newest first", handler: on(s.objectRevisions)},
		{method: "GET", path: "/objects/{kind}/{id}/revisions/{revision}", may: access.ReadObjects, summary: "What an object was at one revision", handler: on(s.objectRevision)},
		{method: "POST", path: "/objects/{kind}/{id}/restore", may: access.EditObjects, summary: "Make an object what it was at a revision", handler: on(s.restoreObject)},

		{method: "GET", path: "/sources", may: access.ReadObjects, summary: "Installations of the systems: objects of the kind annals.source", handler: on(s.searchSources)},
		{method: "POST", path: "/sources", may: access.EditObjects, summary: "Create a source", handler: on(s.createSource), status: 201},
		{method: "PATCH", path: "/sources/{id}", may: access.EditObjects, summary: "Change a source", handler: on(s.updateSource)},
		{method: "DELETE", path: "/sources/{id}", may: access.EditObjects, summary: "Delete a source; it can be restored", handler: on(s.deleteSource)},

		{method: "GET", path: "/settings", may: access.ReadObjects, summary: "Settings of an organization: what holds, and where it is set", handler: on(s.listSettings)},
		{method: "GET", path: "/settings/{name}", may: access.ReadObjects, summary: "One setting of an organization", handler: on(s.setting)},
		{method: "PATCH", path: "/settings/{name}", may: access.EditObjects, summary: "Change a setting, or set it at revision 0", handler: on(s.changeSetting)},
		{method: "DELETE", path: "/settings/{name}", may: access.EditObjects, summary: "Take away what is set here; what is inherited holds again", handler: on(s.inheritSetting)},

		{method: "POST", path: "/files", may: access.EditObjects, summary: "Upload a file for an object's field", handler: on(s.upload), status: 201, maxBody: maxFileForm},
		{method: "GET", path: "/files/{id}", may: access.ReadObjects, summary: "Download an object's file", handler: on(s.download)},

		{method: "POST", path: "/objects/{kind}/bulk", may: access.EditObjects, summary: "Check a CSV file that creates and changes objects", handler: on(s.startBulk), status: 202, maxBody: maxBulkForm},
		{method: "GET", path: "/bulk", may: access.EditObjects, summary: "Bulk changes, newest first", handler: on(s.searchBulk)},
		{method: "GET", path: "/bulk/{id}", may: access.EditObjects, summary: "How far a bulk change is", handler: on(s.bulkChange)},
		{method: "GET", path: "/bulk/{id}/lines", may: access.EditObjects, summary: "What the lines of a bulk change do", handler: on(s.bulkLines)},
		{method: "POST", path: "/bulk/{id}/apply", may: access.EditObjects, summary: "Do what a checked bulk change says, all or nothing", handler: on(s.applyBulk), status: 202},
		{method: "DELETE", path: "/bulk/{id}", may: access.EditObjects, summary: "Discard a bulk change that is not applied", handler: on(s.discardBulk)},

		{method: "GET", path: "/api-keys", may: access.ManageAPIKeys, summary: "API keys", handler: on(s.listAPIKeys)},
		{method: "POST", path: "/api-keys", may: access.ManageAPIKeys, summary: "Create an API key; it is shown once", handler: on(s.createAPIKey), status: 201},
		{method: "DELETE", path: "/api-keys/{id}", may: access.ManageAPIKeys, summary: "Revoke an API key", handler: on(s.revokeAPIKey)},

		{method: "GET", path: "/imports", may: access.Import, summary: "Imports, newest first", handler: on(s.listImports)},
		{method: "POST", path: "/imports", may: access.Import, summary: "Import an export file", handler: on(s.startImport), status: 202, maxBody: maxBody},
		{method: "GET", path: "/imports/{id}", may: access.Import, summary: "How far an import is", handler: on(s.importProgress)},
		{method: "GET", path: "/imports/{id}/rejected", may: access.Import, summary: "The rows that were set aside, as CSV", handler: on(s.importRejects)},

		// The API of SAFE's User Activity Log, outside of /api/v1 with its own names and slashes.
		{method: "GET", path: safePath, may: access.ReadEvents, summary: "List all activity log entries (compatible with SAFE)", handler: on(s.safeList)},
		{method: "GET", path: safePath + "{id}", may: access.ReadEvents, summary: "Fetch one activity log entry (compatible with SAFE)", handler: on(s.safeEntry)},
	}
}

func (r route) operation() huma.Operation {
	path := r.path
	if !strings.HasPrefix(path, safePath) {
		path = prefix + path
	}
	op := huma.Operation{
		Method: r.method, Path: path, Summary: r.summary, DefaultStatus: r.status, MaxBodyBytes: r.maxBody,
		OperationID: operationID(r.method, r.path), Tags: []string{strings.Split(strings.TrimPrefix(path, prefix+"/"), "/")[0]},
		BodyReadTimeout: bodyTimeout(r),
		Metadata:        map[string]any{"may": string(r.may)}, Extensions: map[string]any{"x-permission": r.may},
		Errors: []int{404, 422, 503},
	}
	if r.may != access.Public {
		op.Security = []map[string][]string{{"bearer": {}}}
		op.Errors = append(op.Errors, 401, 403)
	}
	return op
}

// bodyTimeout is how long a body may take to arrive.
func bodyTimeout(r route) time.Duration {
	if r.maxBody > 0 {
		return formPatience
	}
	return 20 * time.Second
}

func operationID(method, path string) string {
	return strings.ToLower(method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(strings.TrimRight(path, "/"))
}

// on makes a route's handler of a method, and a problem of whatever it returns as an error.
func on[I, O any](method func(context.Context, *I) (*O, error)) func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := method(ctx, in)
			if err != nil {
				return nil, problemOf(ctx, err)
			}
			return out, nil
		})
	}
}

// ByID is the input of a call upon one thing. Exported, because huma sees no field of an embedded
// type that isn't.
type ByID struct {
	ID int64 `path:"id"`
}

// nothing is the input of a call without one, and the output of a call that only succeeds.
type nothing struct{}

// body wraps an answer for huma.
type body[T any] struct{ Body T }

func answer[T any](v T) *body[T] { return &body[T]{v} }
