// Reads URLs, one a line, as Go programs do; prints each as a line of JSON.
package main

import (
	"bufio"
	"encoding/json"
	"net/url"
	"os"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		read := map[string]string{}
		parsed, err := url.Parse(lines.Text())
		if err != nil {
			read["error"] = err.Error()
		} else {
			password, _ := parsed.User.Password()
			read["user"] = parsed.User.Username()
			read["password"] = password
			read["authority"] = parsed.Host
			read["dbname"] = strings.TrimLeft(parsed.Path, "/")
			for name, values := range parsed.Query() {
				read[name] = strings.Join(values, " and ")
			}
		}
		if err := answers.Encode(read); err != nil {
			panic(err)
		}
	}
}
