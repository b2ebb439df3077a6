package badge

import (
	"fmt"

	qrcode "github.com/skip2/go-qrcode"
)

// DrawPNG draws the code as a QR code, size pixels wide and high, with the
// quiet zone that readers want. Medium correction survives a crease or a thumb.
func DrawPNG(code string, size int) ([]byte, error) {
	q, err := qrcode.New(code, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("badge: drawing the code: %w", err)
	}
	return q.PNG(size)
}
