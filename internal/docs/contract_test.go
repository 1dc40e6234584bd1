// SPDX-License-Identifier: MPL-2.0

package docs_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/auth0pg/terraform-provider-auth0pg/api"
)

// contractFile is the OpenAPI file, in which references are followed.
type contractFile map[string]any

func readContract(t *testing.T) contractFile {
	t.Helper()
	file := map[string]any{}
	if err := yaml.Unmarshal(api.UsersV1, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// at is the object at a path below another; an empty one for nothing. What stands beside a reference is kept.
func (c contractFile) at(object map[string]any, path ...string) map[string]any {
	for _, name := range path {
		next, _ := object[name].(map[string]any)
		object = next
		for to, ok := object["$ref"].(string); ok; to, ok = object["$ref"].(string) {
			merged := maps.Clone(c.at(c, strings.Split(strings.TrimPrefix(to, "#/"), "/")...))
			for key, value := range object {
				if inner, both := merged[key].(map[string]any); both && key == "properties" {
					value = merge(inner, value)
				}
				if key != "$ref" {
					merged[key] = value
				}
			}
			object = merged
		}
	}
	return object
}

func merge(inner map[string]any, outer any) map[string]any {
	all := maps.Clone(inner)
	properties, _ := outer.(map[string]any)
	maps.Copy(all, properties)
	return all
}

// code are the words of a cell that stand between backticks, sorted.
func code(cell string) (words []string) {
	for _, match := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		words = append(words, match[1])
	}
	slices.Sort(words)
	return words
}

// The guide says of each operation what the contract's file says: path, scope, members and answers. It has its errors and bounds, too.
func TestContractGuideSaysWhatTheFileSays(t *testing.T) {
	file, guide := readContract(t), read(t, "templates/guides/users-api-contract.md.tmpl")
	operations := 0
	for path := range file.at(file, "paths") {
		name, ok := strings.CutPrefix(path, "/v1/")
		if !ok {
			continue
		}
		operations++
		row := regexp.MustCompile("(?m)^\\| `" + name + "` \\|.*$").FindString(guide)
		want := contractRow(file, path, name)
		if !slices.EqualFunc(strings.Split(row, " | "), want, func(cell string, words []string) bool { return slices.Equal(code(cell), words) }) {
			t.Errorf("the guide says of %s\n%s\nand the file %q", name, row, want)
		}
	}
	if operations < 10 {
		t.Errorf("found only %d operations", operations)
	}
	for name := range file.at(file, "components", "schemas", "User", "properties") {
		if !strings.Contains(guide, "`"+name+"`") {
			t.Errorf("the guide does not have the member %s of a user", name)
		}
	}
	description := fmt.Sprint(file.at(file, "components", "responses", "Error")["description"])
	errors := regexp.MustCompile("(?m)^(\\| [0-9, ]+ \\| `[a-z_]+` \\|)").FindAllString(description, -1)
	for _, row := range errors {
		if !strings.Contains(guide, "\n"+row) {
			t.Errorf("the guide does not have the error %s", row)
		}
	}
	if len(errors) < 12 {
		t.Errorf("found only %d errors", len(errors))
	}
	for schema, members := range map[string]string{"Address": "`email`, `new_email`", "UserID": "`user_id`, `password_hash`", "Part": "other text of a user"} {
		most := file.at(file, "components", "schemas", schema)["maxLength"]
		if row := regexp.MustCompile(`(?m)^\| .*` + members + fmt.Sprintf(`.* \| %v characters \|$`, most)); !row.MatchString(guide) {
			t.Errorf("the guide does not say that %s have at most %v characters", members, most)
		}
	}
}

// contractRow are the words that the file has for the cells of an operation.
func contractRow(file contractFile, path, name string) [][]string {
	post := file.at(file, "paths", path, "post")
	members := file.at(post, "requestBody", "content", "application/json", "schema", "properties")
	answer := file.at(post, "responses", "200", "content", "application/json", "schema", "properties")
	answers := slices.Collect(maps.Keys(answer))
	results, _ := file.at(answer, "result")["enum"].([]any)
	for _, result := range results {
		answers = append(answers, fmt.Sprint(result))
	}
	slices.Sort(answers)
	var scopes []string
	for _, scheme := range post["security"].([]any) {
		for _, scope := range scheme.(map[string]any) {
			for _, s := range scope.([]any) {
				scopes = append(scopes, fmt.Sprint(s))
			}
		}
	}
	return [][]string{{name}, {path}, scopes, slices.Sorted(maps.Keys(members)), answers}
}
