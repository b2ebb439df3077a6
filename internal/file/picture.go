package file

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	_ "image/gif" // the formats that image.DecodeConfig reads
	_ "image/jpeg"
	_ "image/png"
)

// maxPixels is how many a picture may have, all its frames together: four times what
// a good telephone takes, and what a browser still shows.
const maxPixels = 64_000_000

// inspectPicture checks that a picture's header can be read, that it is no larger than
// maxPixels, and that nothing stands behind its end. What cameras put there (smaller
// views, recorded sound) is not refused but left out of what comes back.
func inspectPicture(kind string, data []byte) ([]byte, fault) {
	read := map[string]func([]byte) (end, pixels int){
		"image/png": endOfPNG, "image/jpeg": endOfJPEG, "image/gif": endOfGIF, "image/webp": endOfWebP,
	}[kind]
	end, pixels := read(data)
	switch behind := data[end:]; {
	case end == 0 || pixels <= 0:
		return nil, damaged
	case pixels > maxPixels:
		return nil, huge
	case kind == "image/jpeg" && fromCamera(behind):
	case len(bytes.Trim(behind, "\x00")) > 0:
		return nil, twofold
	}
	return data[:end], ""
}

// fromCamera reports whether what stands behind a JPEG is another view of the same
// picture, as in the multi-picture format, or the trailer of a common make.
func fromCamera(behind []byte) bool {
	return bytes.HasPrefix(behind, []byte("\xff\xd8\xff")) || bytes.HasSuffix(behind, []byte("SEFT"))
}

// size is the number of pixels that the header tells, 0 if it cannot be read.
func size(data []byte) int {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return 0
	}
	return area(c.Width, c.Height)
}

// area multiplies, without growing beyond what an int holds.
func area(width, height int) int {
	if width <= 0 || height <= 0 {
		return 0
	}
	if width > maxPixels || height > maxPixels {
		return maxPixels + 1
	}
	return width * height
}

// endOfPNG walks the chunks up to the one that ends the picture. 0: there is none, or
// one before it is broken.
func endOfPNG(data []byte) (end, pixels int) {
	const head, tail = 8, 4 // length and type; checksum
	for at := 8; at+head+tail <= len(data); {
		n := int(binary.BigEndian.Uint32(data[at:]))
		if n > len(data)-at-head-tail {
			break
		}
		sum := at + head + n
		if crc32.ChecksumIEEE(data[at+4:sum]) != binary.BigEndian.Uint32(data[sum:]) {
			break
		}
		if string(data[at+4:at+head]) == "IEND" {
			return sum + tail, size(data)
		}
		at = sum + tail
	}
	return 0, 0
}

// endOfJPEG walks the segments, and through what is compressed between them, up to
// the marker that ends the picture.
func endOfJPEG(data []byte) (end, pixels int) {
	for at := 2; at+1 < len(data); {
		marker := data[at+1]
		switch {
		case data[at] != 0xff: // compressed
			next := bytes.IndexByte(data[at:], 0xff)
			if next < 0 {
				return 0, 0
			}
			at += next
		case marker == 0xff: // filling
			at++
		case marker == 0xd9:
			return at + 2, size(data)
		case marker <= 0x01, marker >= 0xd0 && marker <= 0xd8: // without a length
			at += 2
		case at+3 >= len(data):
			return 0, 0
		default:
			at += 2 + int(binary.BigEndian.Uint16(data[at+2:]))
		}
	}
	return 0, 0
}

// endOfGIF walks the blocks up to the trailer, counting the pixels of every frame.
func endOfGIF(data []byte) (end, pixels int) {
	if size(data) == 0 {
		return 0, 0
	}
	pixels = size(data)
	at := 13 + colours(data, 10)
	for at < len(data) {
		switch data[at] {
		case 0x3b:
			return at + 1, pixels
		case 0x21:
			at = endOfBlocks(data, at+2)
		case 0x2c:
			if at+10 > len(data) {
				return 0, 0
			}
			width, height := binary.LittleEndian.Uint16(data[at+5:]), binary.LittleEndian.Uint16(data[at+7:])
			pixels += area(int(width), int(height))
			at = endOfBlocks(data, at+11+colours(data, at+9))
		default:
			return 0, 0
		}
	}
	return 0, 0
}

// colours is the length of the colour table that the flags at the place announce.
func colours(data []byte, flags int) int {
	if data[flags]&0x80 == 0 {
		return 0
	}
	return 3 << (data[flags]&7 + 1)
}

// endOfBlocks skips blocks, each with its length before it, to behind the empty one.
func endOfBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}

// endOfWebP takes the length of the container, and the size from the first chunk.
func endOfWebP(data []byte) (end, pixels int) {
	if len(data) < 30 {
		return 0, 0
	}
	end = 8 + int(binary.LittleEndian.Uint32(data[4:]))
	if end < 30 || end > len(data) {
		return 0, 0
	}
	little := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	switch string(data[12:16]) {
	case "VP8 ":
		return end, area(little(26)&0x3fff, little(28)&0x3fff)
	case "VP8L":
		bits := int(binary.LittleEndian.Uint32(data[21:]))
		return end, area(bits&0x3fff+1, bits>>14&0x3fff+1)
	case "VP8X":
		return end, area((little(24)|int(data[26])<<16)+1, (little(27)|int(data[29])<<16)+1)
	}
	return 0, 0
}
