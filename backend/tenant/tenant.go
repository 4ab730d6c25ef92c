package tenant

import (
	"errors"
	"fmt"
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

// The states of a tenant. Nobody in a closed one or below it gets in, and nothing new is put there;
// what is there stays.
const (
	Active = "active"
	Closed = "closed"
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
	"tenant_name_taken": {Kind: fault.Conflict, Detail: "There is already one of that name here.", Fields: []fault.Field{{Location: "body.name", Message: "There is already one of that name here"}}},
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

// Lock returns a tenant of the scope and keeps the shape of the tree until the transaction ends:
// whoever creates, renames, moves, closes or deletes comes one after the other. Else what is put below
// an organization that is being renamed would keep its old path. Readers don't wait, nor does whoever
// only puts something into a tenant.
func Lock(tx *db.Tx, s Scope, id int64) (Tenant, error) {
	if err := tx.Exec("LOCK TABLE tenants IN SHARE ROW EXCLUSIVE MODE").Error; err != nil {
		return Tenant{}, fmt.Errorf("lock the tree: %w", err)
	}
	return Find(tx, s, id)
}

// Open returns a tenant of the scope into which something new may be put: neither it nor one above
// it is closed. Until the transaction ends it is neither moved nor closed, so that what is put into it
// stands below the right ancestors.
func Open(tx *db.Tx, s Scope, id int64) (Tenant, error) {
	where, args := s.tenants()
	var t Tenant
	err := tx.Raw("SELECT * FROM tenants WHERE id = ? AND "+where+" FOR SHARE", append([]any{id}, args...)...).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return Tenant{}, fault.Absent()
	}
	if err != nil {
		return t, fmt.Errorf("hold tenant: %w", err)
	}
	return t, t.open(tx)
}

// open refuses what is closed. Only the part of the tree behind the transaction's wall is looked at:
// who stands below something closed can't call at all.
func (t Tenant) open(tx *db.Tx) error {
	var closed string
	err := tx.Raw("SELECT name FROM tenants WHERE id IN (?, ?, ?, ?) AND state = 'closed' LIMIT 1", t.ID, t.SalesOrgID, t.DealerID, t.ResellerID).Scan(&closed).Error
	if err != nil {
		return fmt.Errorf("look for what is closed: %w", err)
	}
	if closed != "" {
		return fault.New(fault.Conflict, "%q is closed, so nothing new can be put into it or below it. Reopen it first.", closed)
	}
	return nil
}

// holdBelow waits for whoever puts something into a tenant or below it (see Open), and makes who
// comes later wait: always in one order, so that no two wait for each other.
func (t Tenant) holdBelow(tx *db.Tx) error {
	where, args := Of(t).Predicate()
	if err := tx.Exec("SELECT FROM tenants WHERE "+where+" ORDER BY id FOR NO KEY UPDATE", args...).Error; err != nil {
		return fmt.Errorf("hold what stands below: %w", err)
	}
	return nil
}

// Create puts a new tenant under its parent, which Lock gave.
func Create(tx *db.Tx, parent Tenant, name string) (Tenant, error) {
	level, err := ChildLevel(parent.Level)
	if err != nil {
		return Tenant{}, err
	}
	if err := parent.open(tx); err != nil {
		return Tenant{}, err
	}
	if err := CheckName(name); err != nil {
		return Tenant{}, err
	}
	t := Tenant{ParentID: parent.ID, Level: level, Name: name, Path: strings.TrimRight(parent.Path, "/") + "/" + name,
		SalesOrgID: parent.SalesOrgID, DealerID: parent.DealerID, ResellerID: parent.ResellerID,
		State: Active, MFAPolicy: Inherit, Revision: 1}
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

// Update stores a tenant's name, state and MFA policy, of which Lock gave the old ones, if its revision
// is still the one that was read, and returns it with the next revision. Paths below follow a new name.
func Update(tx *db.Tx, t Tenant) (Tenant, error) {
	if err := CheckName(t.Name); err != nil {
		return t, err
	}
	old := t.Path
	if t.Level != Root {
		if err := t.holdBelow(tx); err != nil {
			return t, err
		}
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
		return t, follow(tx, old, t.Path)
	}
	return t, nil
}

// content is every column by which something belongs to a tenant; a test compares it with the
// database's foreign keys. A deleted person and a past import count: entries lead to them.
var content = []string{"tenants.parent_id", "users.tenant_id", "objects.tenant_id", "api_keys.tenant_id", "imports.tenant_id", "files.tenant_id", "bulk_changes.tenant_id", "bulk_changes.target_id"}

// empty is the condition that nothing belongs, or ever belonged, to the tenant t.
func empty() string {
	var none []string
	for _, column := range content {
		table, _, _ := strings.Cut(column, ".")
		none = append(none, "NOT EXISTS (SELECT FROM "+table+" WHERE "+column+" = t.id)")
	}
	return "(" + strings.Join(none, " AND ") + ")"
}

// IsDirect reports whether this is the sales organization that always exists.
func (t Tenant) IsDirect() bool { return t.Level == SalesOrg && t.Name == Direct }

// Permanent refuses to close, move or delete root and Direct.
func (t Tenant) Permanent(verb string) error {
	if t.Level == Root || t.IsDirect() {
		return fault.New(fault.Conflict, "%q always exists and can't be %s.", t.Name, verb)
	}
	return nil
}

// Delete removes an empty tenant. Direct and root always stay.
func Delete(tx *db.Tx, t Tenant) error {
	if err := t.Permanent("deleted"); err != nil {
		return err
	}
	const full = "%q has, or had, people, objects, keys, imports or organizations in it, to which entries of the log lead. Close it instead."
	res := tx.Exec("DELETE FROM tenants t WHERE id = ? AND "+empty(), t.ID)
	if db.Violation(res.Error) != "" { // something arrived meanwhile
		return fault.New(fault.Conflict, full, t.Name)
	}
	if res.Error == nil && res.RowsAffected == 0 {
		return fault.New(fault.Conflict, full, t.Name)
	}
	return res.Error
}

// Listed is a tenant with what a list shows of it.
type Listed struct {
	Tenant
	Children    int64
	Users       int64
	Empty       bool // nothing belongs to it, or ever did
	MFARequired bool `gorm:"column:mfa_required"`
	ClosedAbove bool // one above it is closed, so it is as good as closed
}

// selectListed asks functions for what lies above the scope: the policy, because it is inherited and
// only ever tightened below. Of what is closed above, the part in the scope is enough.
var selectListed = `
	SELECT t.*,
		(SELECT count(*) FROM tenants c WHERE c.parent_id = t.id) AS children,
		(SELECT count(*) FROM users u WHERE u.tenant_id = t.id AND u.state <> 'deleted') AS users,
		` + empty() + ` AS empty,
		tenant_mfa_required(t.id) AS mfa_required,
		EXISTS (SELECT FROM tenants a WHERE a.id IN (t.sales_org_id, t.dealer_id, t.reseller_id) AND a.id <> t.id AND a.state = 'closed') AS closed_above
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
