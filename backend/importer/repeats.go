package importer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
)

// repeats counts identical rows: without an id of the source's, the n-th identical row of a file is
// the n-th event, so that a true repetition is kept and a second import adds nothing. It takes about
// 25 bytes for each distinct row of the file, the only memory that grows with it. The key is a part
// of the row's hash; rows that share it by chance still differ in their ids.
type repeats map[uint64]uint32

// id names a row by what tells it from others, in which secrets are concealed already: a plain hash
// of a password could be guessed.
func (r repeats) id(identity []string) string {
	var all []byte
	for _, cell := range identity {
		all = binary.AppendUvarint(all, uint64(len(cell)))
		all = append(all, cell...)
	}
	sum := sha256.Sum256(all)
	key := binary.BigEndian.Uint64(sum[:])
	r[key]++
	return "row:" + hex.EncodeToString(sum[:16]) + ":" + strconv.FormatUint(uint64(r[key]), 10)
}
