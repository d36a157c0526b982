package storetest_test

import (
	"os"
	"slices"
	"testing"

	"okno/internal/store"
	"okno/internal/store/storetest"
)

func TestWhoeverAsksForOneEngineGetsThatOneAndTheOtherIsSkipped(t *testing.T) {
	t.Setenv(storetest.Only, string(store.SQLite))
	var ran []store.Engine
	storetest.Engines(t, func(t *testing.T, e store.Engine) { ran = append(ran, storetest.Open(t, e, nil).Engine()) })
	if !slices.Equal(ran, []store.Engine{store.SQLite}) {
		t.Errorf("the tests ran on %v", ran)
	}
}

func TestNobodyWhoAsksForNoneIsGivenOneAlone(t *testing.T) {
	if os.Getenv(storetest.Env) == "" && os.Getenv("CI") == "" {
		t.Skipf("SKIPPED: %s is not set (make test starts one)", storetest.Env)
	}
	t.Setenv(storetest.Only, "")
	var ran []store.Engine
	storetest.Engines(t, func(t *testing.T, e store.Engine) { ran = append(ran, storetest.Open(t, e, nil).Engine()) })
	if !slices.Equal(ran, []store.Engine{store.SQLite, store.Postgres}) {
		t.Errorf("the tests ran on %v", ran)
	}
}
