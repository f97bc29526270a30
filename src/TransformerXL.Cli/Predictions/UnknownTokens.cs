using TransformerXL.Heads;
using TransformerXL.Text;

namespace TransformerXL.Cli.Predictions;

/// <summary>Counts the tokens that are not in the vocabulary of a model.</summary>
/// <param name="vocabulary">The vocabulary.</param>
internal sealed class UnknownTokens(Vocabulary vocabulary)
{
    private readonly TaskTexts _texts = new(vocabulary);

    /// <summary>Tokens of the items so far.</summary>
    public long Count => _texts.Unknown;

    /// <summary>The same items, counted as they are read.</summary>
    public IEnumerable<PredictionItem> Counting(IEnumerable<PredictionItem> items) => vocabulary.UnknownId is null ? items : items.Select(item =>
    {
        foreach (string text in ((string?[])[item.PlacedText, item.Second, item.Question]).OfType<string>())
        {
            _texts.Encode(text);
        }

        return item;
    });
}
