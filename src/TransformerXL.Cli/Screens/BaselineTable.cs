using Spectre.Console;
using Spectre.Console.Rendering;
using TransformerXL.Inference;
using TransformerXL.Training.Corpora;

namespace TransformerXL.Cli.Screens;

/// <summary>A model and well-known baselines on the same text.</summary>
internal static class BaselineTable
{
    public static IRenderable Render(EvaluationResult model, CompressionBaselines baselines)
    {
        (string Name, double Bits, bool IsModel)[] entries =
        [
            ("this model", model.BitsPerCharacter, true),
            ("brotli, best level", baselines.BrotliBitsPerCharacter, false),
            ("gzip, best level", baselines.GzipBitsPerCharacter, false),
            ("letter frequencies alone (order-0 entropy)", baselines.OrderZeroEntropy, false),
        ];
        Table table = new Table().Border(TableBorder.None).HideHeaders().AddColumn(new TableColumn("").PadLeft(2)).AddColumn(new TableColumn("").RightAligned());
        foreach ((string name, double bits, bool isModel) in entries.OrderBy(entry => entry.Bits))
        {
            Style style = isModel ? new Style(decoration: Decoration.Bold) : Style.Plain;
            table.AddRow(new Spectre.Console.Text(name, style), new Spectre.Console.Text(Figures.Loss(bits), style));
        }

        return new Rows(
            new Spectre.Console.Text($"Bits per character, measured on {Figures.Count(baselines.Characters, "character")} of held-out text. Lower is better."),
            table,
            new Spectre.Console.Text("The compressors begin without knowledge; the model has read the training text.", new Style(Color.Grey)));
    }
}
