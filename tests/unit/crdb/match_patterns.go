// Reads JSON lines {"pattern": ..., "texts": [...]} and writes for each what Go's regexp makes of
// the pattern: null if it does not compile, else per text null, or where the first match is in bytes.
package main

import (
	"bufio"
	"encoding/json"
	"os"
	"regexp"
)

type question struct {
	Pattern string
	Texts   []string
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		pattern, err := regexp.Compile(asked.Pattern)
		if err != nil {
			answers.Encode(nil)
			continue
		}
		found := [][]int{}
		for _, text := range asked.Texts {
			found = append(found, pattern.FindStringIndex(text))
		}
		answers.Encode(found)
	}
}
