// Reads one JSON document on stdin and holds it against golang.org/x/mod: notes (a log's signature and a cosignature),
// inclusion and consistency proofs. Prints how many of each it checked; exits 1 at the first that fails.
package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Size, Index int64
	Entry       []byte
	Root        []byte
	Proof       [][]byte
}

type consistency struct {
	New, Old         int64
	NewRoot, OldRoot []byte
	Proof            [][]byte
}

type input struct {
	Log         string
	Name        string
	Hash        uint32
	Public      []byte
	Notes       []string
	Inclusion   []inclusion
	Consistency []consistency
}

// cosigner verifies cosignature/v1 lines.
type cosigner struct{ in *input }

func (c cosigner) Name() string    { return c.in.Name }
func (c cosigner) KeyHash() uint32 { return c.in.Hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.in.Public, append([]byte(head), msg...), sig[8:])
}

func must(ok bool, what string, err error) {
	if !ok || err != nil {
		fmt.Println("refused:", what, err)
		os.Exit(1)
	}
}

func hash(data []byte) (h tlog.Hash) {
	copy(h[:], data)
	return h
}

func hashes(nodes [][]byte) (out []tlog.Hash) {
	for _, node := range nodes {
		out = append(out, hash(node))
	}
	return out
}

func main() {
	var in input
	must(true, "input", json.NewDecoder(os.Stdin).Decode(&in))
	log, err := note.NewVerifier(in.Log)
	must(true, "key", err)
	roots := map[string]bool{}
	for _, text := range in.Notes {
		n, err := note.Open([]byte(text), note.VerifierList(log, cosigner{&in}))
		must(true, "note", err)
		must(len(n.Sigs) == 2 && len(n.UnverifiedSigs) == 0, "signatures", nil)
		roots[strings.Split(n.Text, "\n")[2]] = true
	}
	for _, p := range in.Inclusion {
		must(roots[base64.StdEncoding.EncodeToString(p.Root)], "root of a note", nil)
		err := tlog.CheckRecord(hashes(p.Proof), p.Size, hash(p.Root), p.Index, tlog.RecordHash(p.Entry))
		must(true, "inclusion", err)
	}
	for _, p := range in.Consistency {
		must(true, "consistency", tlog.CheckTree(hashes(p.Proof), p.New, hash(p.NewRoot), p.Old, hash(p.OldRoot)))
	}
	fmt.Println(len(in.Notes), len(in.Inclusion), len(in.Consistency))
}
