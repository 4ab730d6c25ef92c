package job

import (
	"context"
	"fmt"
	"net"
	"time"

	"annals/backend/inventory"
)

// connectLimit is how long a health check waits for the connection.
const connectLimit = 5 * time.Second

// connect checks whether somebody answers at a host's port.
type connect struct{ dialer *net.Dialer }

func (c connect) do(ctx context.Context, w inventory.Work) (inventory.Attributes, error) {
	address := net.JoinHostPort(w.With["host"], w.With["port"])
	began := time.Now()
	conn, err := c.dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%s unreachable at %s: %w", w.With["what"], address, cause(err))
	}
	took := time.Since(began)
	_ = conn.Close() // that it was there is known
	return inventory.Attributes{"result": fmt.Sprintf("%s reachable at %s in %.1f ms", w.With["what"], address, float64(took.Microseconds())/1000)}, nil
}
