package httpapi

import "context"

// FlushDenials records at once what would be collected for a while.
func (s *Server) FlushDenials(ctx context.Context) { s.denials.flush(ctx, 0) }

// ForwardedFor is what of the header is believed.
var ForwardedFor = forwardedFor
