using TransformerXL.Analysis.Explanations;
using TransformerXL.Cli.Screens;
using TransformerXL.Cli.Terminals;
using TransformerXL.Inference;

namespace TransformerXL.Cli.Predictions;

/// <summary>What becomes of explanations: colours on a screen, and a page.</summary>
/// <param name="options">What is measured.</param>
/// <param name="terminal">The screen.</param>
/// <param name="keeps">Whether they are kept for a page.</param>
internal sealed class PredictionExplanations(ExplanationOptions options, Terminal terminal, bool keeps)
{
    private const int MaxOnPage = 100;

    /// <summary>What an error names that wants a shorter text: <see cref="ExplanationOptions.MaxTokens"/>.</summary>
    private const string MaxTokens = "maxTokens";

    private readonly List<ExplainedText> _texts = [];
    private int _omitted;

    public ExplanationOptions Options => options;

    /// <summary>Whether colours replace the lines of JSON.</summary>
    public bool IsScreen => terminal.OutIsScreen;

    /// <summary>Explains the prediction of a text; null, with a note, if the text is too long for a gradient, which the prediction does not need.</summary>
    public T? Of<T>(PredictionPlaces places, PredictionItem item, Func<T> explain) where T : class
    {
        try
        {
            return places.At([item], explain);
        }
        catch (InputException exception) when (exception.Member == MaxTokens)
        {
            terminal.Notes.WriteLine($"txl: {exception.Message}; it is predicted without an explanation");
            return null;
        }
    }

    /// <summary>Takes the explanations of a text.</summary>
    public void Take(PredictionItem item, IReadOnlyList<Explanation> explanations, IReadOnlyList<string> words)
    {
        ExplainedText text = new(item.Id ?? $"line {item.Line}", explanations, words);
        if (IsScreen)
        {
            terminal.OutConsole.Write(ExplanationScreen.Render(text));
        }

        if (keeps && _texts.Count < MaxOnPage)
        {
            _texts.Add(text);
        }
        else if (keeps)
        {
            _omitted++;
        }
    }

    /// <summary>Writes the page.</summary>
    public void WritePage(string path, string model) => new ExplanationPage { Model = model, Texts = _texts, Omitted = _omitted }.Write(path);
}
