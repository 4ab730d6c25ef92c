package tenant

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"annals/backend/db"
	"annals/backend/fault"
)

// Direct is the sales organization that always exists, for customers without one of their own.
const Direct = "Direct"

// MFAPolicy says whether the people of a tenant, and of all below it, need a second factor.
type MFAPolicy string

// The policies. Inherit takes the parent's; Required can't be loosened below.
const (
	Inherit  MFAPolicy = "inherit"
	Optional MFAPolicy = "optional"
	Required MFAPolicy = "required"
)

// Tenant is a node of the channel. The ids of its ancestors include its own; 0 is none.
type Tenant struct {
	ID         int64 `gorm:"primaryKey;->"`
	ParentID   int64 `gorm:"default:null"`
	Level      Level
	Name       string
	Path       string
	SalesOrgID int64 `gorm:"default:null"`
	DealerID   int64 `gorm:"default:null"`
	ResellerID int64 `gorm:"default:null"`
	State      string
	MFAPolicy  MFAPolicy `gorm:"column:mfa_policy"`
	Revision   int64
	CreatedAt  time.Time
}

// MaxName is the longest name, in characters.
const MaxName = 200

var violations = map[string]*fault.Fault{
	"tenant_name_taken": {Kind: fault.Conflict, Detail: "There is already one of that name here.", Fields: []fault.Field{{Location: "body.name", Message: "is taken"}}},
}

// CheckName says what is wrong with a tenant's name.
func CheckName(name string) error {
	switch {
	case strings.TrimSpace(name) != name || name == "":
		return fault.At("body.name", "The name must not be empty or begin or end with a space.")
	case strings.Contains(name, "/"):
		return fault.At("body.name", "The name must not contain a slash, because a path is names joined by slashes.")
	case utf8.RuneCountInString(name) > MaxName:
		return fault.At("body.name", "The name has %d characters; %d are allowed.", utf8.RuneCountInString(name), MaxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return fault.At("body.name", "The name must not contain control characters.")
	}
	return nil
}

// below are the levels that may stand directly under a level, most natural first.
func below(l Level) []Level {
	switch l {
	case Root:
		return []Level{SalesOrg}
	case SalesOrg:
		return []Level{Dealer}
	case Dealer:
		return []Level{Reseller}
	}
	return nil
}

// ChildLevel is the level of a new tenant under l, or a fault where there is none.
func ChildLevel(l Level) (Level, error) {
	if b := below(l); len(b) > 0 {
		return b[0], nil
	}
	return "", fault.At("body.parentId", "Nothing stands below a reseller.")
}

// Find returns one tenant of the scope.
func Find(tx *db.Tx, s Scope, id int64) (Tenant, error) { return find(tx, s, "id = ?", id) }

// FindByPath returns the tenant at a path such as "/Northwind Telecom/Harbor Dealers".
func FindByPath(tx *db.Tx, s Scope, path string) (Tenant, error) {
	if path != "/" {
		path = "/" + strings.Trim(path, "/")
	}
	return find(tx, s, "path = ?", path)
}

// FindChild returns the tenant of a name directly under a parent, compared as uniqueness does:
// without regard to case.
func FindChild(tx *db.Tx, s Scope, parent Tenant, name string) (Tenant, error) {
	return find(tx, s, "parent_id = ? AND lower(name) = lower(?)", parent.ID, name)
}

// FindRoot returns the top of the tree, which always exists.
func FindRoot(tx *db.Tx) (Tenant, error) {
	return gorm.G[Tenant](tx.DB).Where("level = ?", Root).Take(tx.Context())
}

func find(tx *db.Tx, s Scope, query string, values ...any) (Tenant, error) {
	where, args := s.tenants()
	t, err := gorm.G[Tenant](tx.DB).Where(query, values...).Where(where, args...).Take(tx.Context())
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Tenant{}, fault.Absent()
	}
	return t, err
}

// tenants is Predicate for the table of tenants itself, where a person sees only his own.
func (s Scope) tenants() (string, []any) {
	if s.Level == User {
		return "id = ?", []any{s.TenantID}
	}
	return s.Predicate()
}

// Lock takes the row of a tenant until the transaction ends, so that nothing is put below it or
// moved meanwhile.
func Lock(tx *db.Tx, s Scope, id int64) (Tenant, error) {
	where, args := s.tenants()
	var t Tenant
	err := tx.Raw("SELECT * FROM tenants WHERE id = ? AND "+where+" FOR UPDATE", append([]any{id}, args...)...).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Tenant{}, fault.Absent()
	}
	return t, err
}

// Create puts a new tenant under its parent.
func Create(tx *db.Tx, parent Tenant, name string) (Tenant, error) {
	level, err := ChildLevel(parent.Level)
	if err != nil {
		return Tenant{}, err
	}
	if err := CheckName(name); err != nil {
		return Tenant{}, err
	}
	t := Tenant{ParentID: parent.ID, Level: level, Name: name, Path: strings.TrimRight(parent.Path, "/") + "/" + name,
		SalesOrgID: parent.SalesOrgID, DealerID: parent.DealerID, ResellerID: parent.ResellerID,
		State: "active", MFAPolicy: Inherit, Revision: 1}
	// The id is needed before the insert: the row's own level column is its own id, and the wall
	// judges the new row by it.
	if err := tx.Raw("SELECT nextval(pg_get_serial_sequence('tenants', 'id'))").Scan(&t.ID).Error; err != nil {
		return Tenant{}, err
	}
	switch level {
	case SalesOrg:
		t.SalesOrgID = t.ID
	case Dealer:
		t.DealerID = t.ID
	case Reseller:
		t.ResellerID = t.ID
	}
	err = tx.Raw(`INSERT INTO tenants (id, parent_id, level, name, path, sales_org_id, dealer_id, reseller_id)
		OVERRIDING SYSTEM VALUE VALUES (?, ?, ?, ?, ?, NULLIF(?, 0), NULLIF(?, 0), NULLIF(?, 0)) RETURNING created_at`,
		t.ID, t.ParentID, t.Level, t.Name, t.Path, t.SalesOrgID, t.DealerID, t.ResellerID).Scan(&t.CreatedAt).Error
	return t, db.Explain(err, violations)
}

// Update stores a tenant's name, state and MFA policy if its revision is still the one that was
// read, and returns it with the next revision. Paths below follow a new name.
func Update(tx *db.Tx, t Tenant) (Tenant, error) {
	if err := CheckName(t.Name); err != nil {
		return t, err
	}
	old := t.Path
	if t.Level != Root {
		t.Path = old[:strings.LastIndex(old, "/")+1] + t.Name
	}
	res := tx.Exec(`UPDATE tenants SET name = ?, path = ?, state = ?, mfa_policy = ?, revision = revision + 1
		WHERE id = ? AND revision = ?`, t.Name, t.Path, t.State, t.MFAPolicy, t.ID, t.Revision)
	if res.Error != nil {
		return t, db.Explain(res.Error, violations)
	}
	if res.RowsAffected == 0 {
		return t, fault.New(fault.Stale, "Somebody else changed this meanwhile. Load it again, then repeat your change.")
	}
	t.Revision++
	if t.Path != old {
		err := tx.Exec(`UPDATE tenants SET path = ? || substr(path, length(?) + 1) WHERE starts_with(path, ?)`, t.Path, old, old+"/").Error
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// Delete removes an empty tenant. Direct and root always stay.
func Delete(tx *db.Tx, t Tenant) error {
	if t.Level == Root || (t.Level == SalesOrg && t.Name == Direct) {
		return fault.New(fault.Conflict, "%q always exists and can't be deleted.", t.Name)
	}
	var content int64
	err := tx.Raw(`SELECT (SELECT count(*) FROM tenants WHERE parent_id = @id) + (SELECT count(*) FROM users WHERE tenant_id = @id)
		+ (SELECT count(*) FROM objects WHERE tenant_id = @id) + (SELECT count(*) FROM api_keys WHERE tenant_id = @id)`,
		map[string]any{"id": t.ID}).Scan(&content).Error
	if err != nil {
		return err
	}
	const full = "%q still has people, objects or organizations in it. Delete or move them first."
	if content > 0 {
		return fault.New(fault.Conflict, full, t.Name)
	}
	err = tx.Exec("DELETE FROM tenants WHERE id = ?", t.ID).Error
	if db.Violation(err) != "" { // something arrived meanwhile
		return fault.New(fault.Conflict, full, t.Name)
	}
	return err
}

// Listed is a tenant with what a list shows of it.
type Listed struct {
	Tenant
	Children    int64
	Users       int64
	MFARequired bool `gorm:"column:mfa_required"`
}

// selectListed asks a function for the policy, because it is inherited and only ever tightened
// below: one "required" among a tenant and its ancestors decides, and these lie above the scope.
const selectListed = `
	SELECT t.*,
		(SELECT count(*) FROM tenants c WHERE c.parent_id = t.id) AS children,
		(SELECT count(*) FROM users u WHERE u.tenant_id = t.id AND u.state <> 'deleted') AS users,
		tenant_mfa_required(t.id) AS mfa_required
	FROM tenants t`

// Search returns tenants of the scope in the order of their paths: those under parentID (0: all),
// whose name holds text, after the path where the last page ended.
func Search(tx *db.Tx, s Scope, parentID int64, text, after string, limit int) ([]Listed, error) {
	where, args := s.tenants()
	query := selectListed + " WHERE " + where + ` AND path > ? AND (? = 0 OR parent_id = ?) AND (? = '' OR position(lower(?) IN lower(name)) > 0)
		ORDER BY path LIMIT ?`
	var out []Listed
	err := tx.Raw(query, append(args, after, parentID, parentID, text, text, limit)...).Scan(&out).Error
	return out, err
}

// MFARequired reports whether the policy of a tenant, or of one above it, asks for a second factor.
func MFARequired(tx *db.Tx, id int64) (bool, error) {
	var required bool
	err := tx.Raw("SELECT tenant_mfa_required(?)", id).Scan(&required).Error
	return required, err
}

// Node names one level of a tenant's path.
type Node struct {
	ID    int64
	Name  string
	Level Level
}

// Ancestors returns the names from the sales organization down to t itself: what an event freezes.
// Root has none.
func Ancestors(t Tenant) []Node {
	if t.Level == Root {
		return nil
	}
	names := strings.Split(strings.Trim(t.Path, "/"), "/")
	var out []Node
	for i, n := range []Node{{ID: t.SalesOrgID, Level: SalesOrg}, {ID: t.DealerID, Level: Dealer}, {ID: t.ResellerID, Level: Reseller}} {
		if n.ID != 0 && i < len(names) {
			n.Name = names[i]
			out = append(out, n)
		}
	}
	return out
}

// FindListed returns one tenant of the scope as a list shows it.
func FindListed(tx *db.Tx, s Scope, id int64) (Listed, error) {
	where, args := s.tenants()
	var t Listed
	err := tx.Raw(selectListed+" WHERE t.id = ? AND "+where, append([]any{id}, args...)...).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return t, fault.Absent()
	}
	return t, err
}
