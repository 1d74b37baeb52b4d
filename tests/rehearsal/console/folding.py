"""Long output, folded so that a stage fits on a screen."""

# What fits below a stage's headline together with a command and its moving line.
MOST = 18


def fold(lines, most=MOST):
    """The lines worth showing, and how many are left out.

    Details are left out first, which commands of this repository indent; then the
    beginning, because a command says last what came of it.
    """
    lines = [line for line in lines if line.strip()]
    if len(lines) <= most:
        return lines, 0
    last = lines[-1]
    plain = [line for line in lines[:-1] if not line.startswith("  ")] or lines[:-1]
    shown = [*plain[-(most - 1) :], last]
    return shown, len(lines) - len(shown)
