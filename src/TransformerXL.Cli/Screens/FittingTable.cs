using Spectre.Console;
using Spectre.Console.Rendering;

namespace TransformerXL.Cli.Screens;

/// <summary>
/// A table whose cells are never wrapped or truncated: if its columns do not fit side by side, each row becomes text, its first
/// cell and below it the others with their names.
/// </summary>
/// <param name="heads">The names of the columns.</param>
/// <param name="alignments">How each column is aligned; all but the first to the right if null.</param>
internal sealed class FittingTable(IReadOnlyList<string> heads, IReadOnlyList<Justify>? alignments = null) : IRenderable
{
    private const int WidePadding = 1, NarrowPadding = 0;
    private const string Indent = "  ";
    private readonly List<(string[] Cells, Style Style)> _rows = [];

    /// <summary>Adds a row of plain text.</summary>
    public void AddRow(IReadOnlyList<string> cells, Style? style = null) => _rows.Add(([.. cells], style ?? Style.Plain));

    public Measurement Measure(RenderOptions options, int maxWidth) => Choose(options, maxWidth).Measure(options, maxWidth);

    public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => Choose(options, maxWidth).Render(options, maxWidth);

    private IRenderable Choose(RenderOptions options, int maxWidth)
    {
        foreach (int padding in (int[])[WidePadding, NarrowPadding])
        {
            IRenderable table = SideBySide(padding);
            if (table.Measure(options, int.MaxValue / 2).Max <= maxWidth)
            {
                return table;
            }
        }

        return new Rows(_rows.SelectMany(row => Listed(row.Cells, row.Style, maxWidth)));
    }

    private Table SideBySide(int padding)
    {
        Table table = new Table().Border(TableBorder.Simple);
        for (int i = 0; i < heads.Count; i++)
        {
            table.AddColumn(new TableColumn(new Spectre.Console.Text(heads[i])) { NoWrap = true, Padding = new Padding(padding, 0, padding, 0), Alignment = alignments?[i] ?? (i == 0 ? Justify.Left : Justify.Right) });
        }

        foreach ((string[] cells, Style style) in _rows)
        {
            table.AddRow(cells.Select(cell => new Spectre.Console.Text(cell, style)));
        }

        return table;
    }

    /// <summary>A row as text that wraps between cells.</summary>
    private IEnumerable<Spectre.Console.Text> Listed(string[] cells, Style style, int maxWidth)
    {
        yield return new Spectre.Console.Text(heads[0].Length == 0 ? cells[0] : $"{heads[0]} {cells[0]}", style.Decoration(Decoration.Bold));
        string line = Indent;
        for (int i = 1; i < cells.Length; i++)
        {
            string part = $"{heads[i]} {cells[i]}{(i + 1 < cells.Length ? "," : "")}";
            if (line.Length > Indent.Length && ScreenText.Columns(line) + 1 + ScreenText.Columns(part) > maxWidth)
            {
                yield return new Spectre.Console.Text(line, style);
                line = Indent;
            }

            line += line.Length > Indent.Length ? " " + part : part;
        }

        foreach (string wrapped in ScreenText.WrapWords(line, maxWidth))
        {
            yield return new Spectre.Console.Text(wrapped, style);
        }
    }
}
