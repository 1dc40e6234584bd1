// SPDX-License-Identifier: MPL-2.0

package devtools

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/hashicorp/hc-install/releases"
)

// A machine without Terraform downloads it once, checked against the publisher's signature. The site is played here: it
// has the program that the machine has after all, signed with a key of its own.
func TestTerraformIsDownloaded(t *testing.T) {
	program, err := TerraformPath(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	t.Setenv(TerraformVariable, "")

	t.Run("signed", func(t *testing.T) {
		t.Setenv(BuildDirVariable, t.TempDir())
		site := newSite(t, content)
		path, err := terraformPath(t.Context(), site.source)
		if err != nil {
			t.Fatal(err)
		}
		if output, err := exec.Command(path, "version").CombinedOutput(); err != nil || !strings.Contains(string(output), " v") {
			t.Errorf("what was downloaded says %q: %v", output, err)
		}
		again, err := terraformPath(t.Context(), site.source)
		if err != nil || again != path || site.downloads != 1 {
			t.Errorf("the second time: %d downloads, %s: %v", site.downloads, again, err)
		}
	})
	for name, spoil := range map[string]func(*site){
		"archive changed":   func(s *site) { s.files[s.archive] = append(s.files[s.archive], 0) },
		"checksums changed": func(s *site) { s.files[s.sums] = append(s.files[s.sums], "\n"...) },
		"another key":       func(s *site) { s.source.ArmoredPublicKey = newSite(t, nil).source.ArmoredPublicKey },
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(BuildDirVariable, t.TempDir())
			site := newSite(t, content)
			spoil(site)
			if path, err := terraformPath(t.Context(), site.source); err == nil || !strings.Contains(err.Error(), TerraformVariable) {
				t.Errorf("installed %q, says %v", path, err)
			}
			if left, _ := filepath.Glob(filepath.Join(os.Getenv(BuildDirVariable), "terraform-"+terraformRelease, "*")); len(left) > 0 {
				t.Errorf("%v were left", left)
			}
		})
	}
}

// site is a download site with one release.
type site struct {
	source        releases.ExactVersion // how to reach it
	files         map[string][]byte     // by path
	archive, sums string                // paths of two of them
	downloads     int                   // of the archive
}

func newSite(t *testing.T, program []byte) *site {
	t.Helper()
	base := "/terraform/" + terraformRelease + "/"
	name := fmt.Sprintf("terraform_%s_%s_%s.zip", terraformRelease, runtime.GOOS, runtime.GOARCH)
	s := &site{files: map[string][]byte{}, archive: base + name, sums: base + "terraform_" + terraformRelease + "_SHA256SUMS"}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, ok := s.files[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
			return
		case r.URL.Path == s.archive:
			s.downloads++
			w.Header().Set("Content-Type", "application/zip")
		case strings.HasSuffix(r.URL.Path, ".json"):
			w.Header().Set("Content-Type", "application/json")
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content) // who asks tells of what is missing
	}))
	t.Cleanup(server.Close)

	var archive, key, signature bytes.Buffer
	zipped := zip.NewWriter(&archive)
	file, err := zipped.CreateHeader(&zip.FileHeader{Name: "terraform", Method: zip.Store})
	if err == nil {
		_, err = file.Write(program)
	}
	if err != nil || zipped.Close() != nil {
		t.Fatal(err)
	}
	s.files[s.archive] = archive.Bytes()
	s.files[s.sums] = fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(archive.Bytes()), name)

	publisher, err := openpgp.NewEntity("publisher", "", "publisher@example.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := openpgp.DetachSign(&signature, publisher, bytes.NewReader(s.files[s.sums]), nil); err != nil {
		t.Fatal(err)
	}
	s.files[s.sums+".sig"] = signature.Bytes()
	armored, err := armor.Encode(&key, openpgp.PublicKeyType, nil)
	if err == nil {
		err = publisher.Serialize(armored)
	}
	if err != nil || armored.Close() != nil {
		t.Fatal(err)
	}
	index := map[string]any{
		"name": "terraform", "version": terraformRelease,
		"shasums": filepath.Base(s.sums), "shasums_signature": filepath.Base(s.sums) + ".sig",
		"builds": []map[string]string{{
			"name": "terraform", "version": terraformRelease, "os": runtime.GOOS, "arch": runtime.GOARCH,
			"filename": name, "url": server.URL + s.archive,
		}},
	}
	if s.files[base+"index.json"], err = json.Marshal(index); err != nil {
		t.Fatal(err)
	}
	s.source = releases.ExactVersion{ApiBaseURL: server.URL, ArmoredPublicKey: key.String()}
	return s
}
