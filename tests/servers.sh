# shellcheck shell=bash
# Sourced by run.sh: finds PostgreSQL, RabbitMQ and a browser, or starts them, saying which.
# What is started is ended again by stop_servers, by the identity noted here and nothing else.

containers=()
own_postgres="" # the data directory of a server that we started
own_rabbit=""   # the process id of a broker that we started

say() { printf '%s\n' "$*"; }
allowed() { [[ -z ${SERVERS:-} || $SERVERS == "$1" ]]; }
port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
docker_works() { command -v docker >/dev/null && docker info >/dev/null 2>&1; }

# A port that nobody listens on.
free_port() {
  local port
  while port=$((20000 + RANDOM % 12000)) && port_open "$port"; do :; done
  echo "$port"
}

# wait_for <seconds> <what> <command…>
wait_for() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= until)); then
      say "$what does not come up" >&2
      return 1
    fi
    sleep 0.3
  done
}

install_packages() {
  local sudo=""
  ((EUID == 0)) || sudo=sudo
  command -v apt-get >/dev/null || {
    say "neither a running server, nor docker, nor apt-get: set DATABASE_URL and AMQP_URL" >&2
    return 1
  }
  say "installing $*"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# As the account that the server's package made, when we are root: both refuse to run as root.
as_user() {
  local user=$1
  shift
  if ((EUID == 0)); then
    setpriv --reuid="$user" --regid="$user" --clear-groups -- "$@"
  else
    "$@"
  fi
}

# Logs in, and may create databases. Without a client the open port has to do.
postgres_works() {
  local url=$1 client
  client=$(command -v psql || ls /usr/lib/postgresql/*/bin/psql 2>/dev/null | head -1) || true
  if [[ -z $client ]]; then port_open 5432; return; fi
  [[ $("$client" "$url/postgres" -w -Atc \
    'select rolcreatedb or rolsuper from pg_roles where rolname = current_user' 2>/dev/null) == t ]]
}

find_postgres() {
  if [[ -n ${DATABASE_URL:-} ]]; then
    say "PostgreSQL: DATABASE_URL"
    return
  fi
  local url
  if allowed running && port_open 5432; then
    for url in postgres://postgres@127.0.0.1:5432 postgres://postgres:postgres@127.0.0.1:5432; do
      if postgres_works "$url"; then
        DATABASE_URL=$url
        say "PostgreSQL: the one on 127.0.0.1:5432"
        return
      fi
    done
    say "PostgreSQL: the one on 127.0.0.1:5432 does not let user postgres in"
  fi
  if allowed docker && docker_works; then start_postgres_container; return; fi
  if allowed packages; then start_postgres_package; return; fi
  say "PostgreSQL: none found" >&2
  return 1
}

start_postgres_container() {
  local id port
  id=$(docker run --detach --rm --env POSTGRES_PASSWORD=test --publish 127.0.0.1::5432 postgres:15)
  containers+=("$id")
  port=$(docker port "$id" 5432/tcp | head -1 | sed 's/.*://')
  wait_for 60 "PostgreSQL in docker" docker exec "$id" pg_isready --host 127.0.0.1 --username postgres
  DATABASE_URL=postgres://postgres:test@127.0.0.1:$port
  say "PostgreSQL: postgres:15 in docker"
}

start_postgres_package() {
  local bin port data="$work/postgres"
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1) || true
  if [[ -z $bin ]]; then
    install_packages postgresql
    bin=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
  fi
  port=$(free_port)
  mkdir "$data"
  if ((EUID == 0)); then chown postgres "$data"; fi
  as_user postgres "$bin/initdb" --pgdata "$data" --auth trust --username postgres --encoding UTF8 >/dev/null
  as_user postgres "$bin/pg_ctl" --pgdata "$data" --wait --log "$data/log" --silent start \
    --options "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$data"
  own_postgres=$data
  own_postgres_bin=$bin
  DATABASE_URL=postgres://postgres@127.0.0.1:$port
  say "PostgreSQL: a server of our own from $bin, port $port"
}

find_rabbitmq() {
  if [[ -n ${AMQP_URL:-} ]]; then
    say "RabbitMQ: AMQP_URL"
    return
  fi
  if allowed running && port_open 5672; then
    AMQP_URL=amqp://guest:guest@127.0.0.1:5672/%2f
    say "RabbitMQ: the one on 127.0.0.1:5672"
    return
  fi
  if allowed docker && docker_works; then start_rabbitmq_container; return; fi
  if allowed packages; then start_rabbitmq_package; return; fi
  say "RabbitMQ: none found" >&2
  return 1
}

start_rabbitmq_container() {
  local id port
  id=$(docker run --detach --rm --env RABBITMQ_DEFAULT_USER=test --env RABBITMQ_DEFAULT_PASS=test \
    --publish 127.0.0.1::5672 rabbitmq:4)
  containers+=("$id")
  port=$(docker port "$id" 5672/tcp | head -1 | sed 's/.*://')
  wait_for 120 "RabbitMQ in docker" docker exec "$id" rabbitmq-diagnostics --quiet check_port_connectivity
  AMQP_URL=amqp://test:test@127.0.0.1:$port/%2f
  say "RabbitMQ: rabbitmq:4 in docker"
}

start_rabbitmq_package() {
  local port home="$work/rabbitmq" server=/usr/lib/rabbitmq/bin/rabbitmq-server
  if [[ ! -x $server ]]; then
    install_packages rabbitmq-server
    # The package may have started its own.
    if port_open 5672; then
      AMQP_URL=amqp://guest:guest@127.0.0.1:5672/%2f
      say "RabbitMQ: the one that its package has started"
      return
    fi
  fi
  port=$(free_port)
  mkdir "$home"
  if ((EUID == 0)); then chown rabbitmq "$home"; fi
  # A node of its own: name, ports, cookie and folders apart from any other on this machine.
  as_user rabbitmq env HOME="$home" RABBITMQ_NODENAME="circulate_test_$$@localhost" \
    RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$port" RABBITMQ_DIST_PORT="$(free_port)" \
    RABBITMQ_MNESIA_BASE="$home" RABBITMQ_LOG_BASE="$home" RABBITMQ_PID_FILE="$home/pid" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$home/plugins" RABBITMQ_CONF_ENV_FILE="$home/none" RABBITMQ_CONFIG_FILE="$home/none" \
    "$server" >"$home/out" 2>&1 &
  own_rabbit=$!
  wait_for 90 "RabbitMQ ($home/out)" port_open "$port" || { cat "$home/out"; return 1; }
  AMQP_URL=amqp://guest:guest@127.0.0.1:$port/%2f
  say "RabbitMQ: a broker of our own from its package, port $port"
}

find_browser() {
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  if [[ -z $CHROMIUM ]]; then
    install_packages chromium || true
    CHROMIUM=$(command -v chromium || true)
  fi
  export CHROMIUM
}

# Removes what a suite that was cut short may have left on servers that are not ours.
sweep_run() {
  if [[ -n ${services_suite:-} ]]; then WORLD=sweep "$services_suite" >/dev/null 2>&1; fi
}

stop_servers() {
  local id
  for id in "${containers[@]}"; do docker rm --force "$id" >/dev/null; done
  if [[ -n $own_postgres ]]; then
    as_user postgres "$own_postgres_bin/pg_ctl" --pgdata "$own_postgres" --mode immediate --silent stop
  fi
  if [[ -n $own_rabbit ]]; then
    kill -TERM "$own_rabbit" 2>/dev/null || true
    wait "$own_rabbit" 2>/dev/null || true
  fi
}
