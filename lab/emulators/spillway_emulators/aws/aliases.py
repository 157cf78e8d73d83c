"""The gaps of ministack's Lambda: aliases."""

import random

from ministack.services import lambda_svc


def split_weighted_aliases():
    """Gap: an invoke through an alias with two versions always reaches the main one."""
    invoke = lambda_svc._invoke

    async def split(name, event, headers, path_qualifier=None, query_params=None):
        qualifier = lambda_svc._qualifier_from_path_or_query(path_qualifier, query_params)
        aliases = (lambda_svc._functions.get(name) or {}).get("aliases", {})
        routing = aliases.get(qualifier, {}).get("RoutingConfig") or {}
        point = random.random()
        for version, weight in (routing.get("AdditionalVersionWeights") or {}).items():
            if point < weight:
                path_qualifier = version
                break
            point -= weight
        return await invoke(name, event, headers, path_qualifier, query_params)

    lambda_svc._invoke = split


def refuse_missing_versions():
    """Gap: an alias is made for, or pointed at, versions that do not exist."""
    create, update = lambda_svc._create_alias, lambda_svc._update_alias

    def missing(name, data):
        versions = (lambda_svc._functions.get(name) or {}).get("versions", {})
        weights = (data.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        for version in [data.get("FunctionVersion", "$LATEST"), *weights]:
            if name in lambda_svc._functions and version != "$LATEST" and version not in versions:
                return lambda_svc._function_qualifier_not_found(name, version)
        return None

    lambda_svc._create_alias = lambda name, data: missing(name, data) or create(name, data)
    lambda_svc._update_alias = lambda name, alias, data: missing(name, data) or update(name, alias, data)
