package httpapi

import (
	"context"

	"annals/backend/catalog"
)

type catalogJSON struct {
	Systems []catalog.System `json:"systems"`
	Classes []catalog.Word   `json:"classes"`
	States  []catalog.Word   `json:"states"`
}

func (s *Server) catalogue(context.Context, *nothing) (*body[catalogJSON], error) {
	return answer(catalogJSON{Systems: s.Log.Catalog().Systems(), Classes: catalog.Classes(), States: catalog.States()}), nil
}
