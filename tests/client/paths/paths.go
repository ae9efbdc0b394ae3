// Sends each target with net/http: paths.go ADDRESS TARGET...

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
)

var client = &http.Client{Transport: &http.Transport{}}

func main() {
	for number, target := range os.Args[2:] {
		if err := send(os.Args[1]+target, number); err != nil {
			fmt.Fprintln(os.Stderr, target, err)
		}
	}
}

func send(address string, number int) error {
	request, err := http.NewRequest("GET", address, nil)
	if err != nil {
		return err
	}
	request.Header.Set("X-Case", strconv.Itoa(number))
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
