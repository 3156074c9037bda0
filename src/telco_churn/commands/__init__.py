"""The project's own commands, one module each; `cli` names them to Kedro."""
