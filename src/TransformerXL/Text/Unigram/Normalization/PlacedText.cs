using System.Runtime.InteropServices;

namespace TransformerXL.Text.Unigram.Normalization;

/// <summary>A text that a step of normalization writes; its length is bounded, because the rules come from a file.</summary>
internal sealed class PlacedText
{
    /// <summary>Characters that a character may become. Those of Unicode's compatibility forms become at most 18.</summary>
    private const int MaxPerCharacter = 64;

    private readonly List<PlacedCharacter> _characters = [];
    private int _max;

    public ReadOnlySpan<PlacedCharacter> Span => CollectionsMarshal.AsSpan(_characters);

    /// <summary>The characters, for changes in place.</summary>
    public List<PlacedCharacter> List => _characters;

    /// <summary>Empties the text.</summary>
    /// <param name="source">Characters of the original text that is to be written here.</param>
    public void Clear(int source)
    {
        _characters.Clear();
        _max = (int)Math.Min(Array.MaxLength, (source + 16L) * MaxPerCharacter);
    }

    /// <exception cref="InputException">The text is too long.</exception>
    public void Add(PlacedCharacter character)
    {
        if (_characters.Count == _max)
        {
            throw new InputException($"the normalization of the vocabulary makes a text more than {MaxPerCharacter} times longer, which is not accepted");
        }

        _characters.Add(character);
    }

    public void Add(ReadOnlySpan<PlacedCharacter> characters)
    {
        foreach (PlacedCharacter character in characters)
        {
            Add(character);
        }
    }
}
