using TransformerXL.Text;

namespace TransformerXL.Inference;

/// <summary>Finds a token by its name.</summary>
internal static class StopToken
{
    /// <summary>The id of the token that the vocabulary calls so, or reads such a text as.</summary>
    /// <exception cref="InputException">There is no such token.</exception>
    public static int IdOf(string name, Vocabulary vocabulary)
    {
        if (vocabulary is WordVocabulary words && words.IdOf(name) is { } symbol)
        {
            return symbol;
        }

        int[] ids = vocabulary.Encode(name);
        return ids is [var id] && id != vocabulary.UnknownId
            ? id
            : throw new InputException($"the stop token '{name}' is not a single token of the vocabulary of {vocabulary.Count} {vocabulary.Unit}s")
            {
                Remedies = [new("stopTokens")],
            };
    }
}
