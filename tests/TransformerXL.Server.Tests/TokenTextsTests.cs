using System.Text;
using TransformerXL.Server.Serving;
using TransformerXL.Text;
using TransformerXL.Text.WordPieces;

namespace TransformerXL.Server.Tests;

/// <summary>The text of a token in its place.</summary>
public sealed class TokenTextsTests
{
    private static readonly string[] s_words = ["<eos>", "the", "rain"], s_pieces = ["[UNK]", "[CLS]", "[SEP]", "play", "##ing", "rain"];

    [Fact]
    public void A_word_follows_a_space_and_the_continuation_of_a_word_does_not()
    {
        TokenTexts words = new(new WordVocabulary(s_words)), pieces = new(new WordPieceVocabulary(s_pieces)), bytes = new(new ByteVocabulary());
        Assert.Equal(" rain", Encoding.UTF8.GetString(words.BytesAfter(2, 1)));
        Assert.Equal(" rain", Encoding.UTF8.GetString(pieces.BytesAfter(5, 4)));
        Assert.Equal("ing", Encoding.UTF8.GetString(pieces.BytesAfter(4, 3)));
        Assert.Equal("rain", Encoding.UTF8.GetString(pieces.BytesAfter(5, null)));
        Assert.Equal("a", Encoding.UTF8.GetString(bytes.BytesAfter('a', 'b')));
    }
}
