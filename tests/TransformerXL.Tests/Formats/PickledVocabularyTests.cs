using TransformerXL.Interchange.PyTorch;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class PickledVocabularyTests
{
    [Fact]
    public void A_pickled_object_of_the_reference_gives_its_tokens_and_rules()
    {
        PickledVocabulary read = From(Attributes(new PickleWriter().Global("vocabulary", "Vocab").Op(")").Op(0x81)).Op("b"));
        Assert.Equal(["<eos>", "the", "größe", "<unk>"], read.Symbols);
        Assert.Equal(["<eos>"], read.Special);
        Assert.True(read.LowerCase);
        Assert.Equal("", read.Delimiter);
        Assert.Equal(3, read.UnknownId);
        Assert.Equal(2, read.MinimumFrequency);
        Assert.Null(read.MaximumSize);
    }

    [Fact]
    public void A_dictionary_of_the_attributes_gives_the_same() => Assert.Equal(4, From(Attributes(new PickleWriter())).Symbols.Count);

    [Fact]
    public void A_vocabulary_within_a_corpus_is_found()
    {
        PickleWriter pickle = Attributes(new PickleWriter().Global("data_utils", "Corpus").Op(")").Op(0x81).Op("}").Text("vocab").Global("vocabulary", "Vocab").Op(")").Op(0x81)).Op("bsb");
        Assert.Equal(4, From(pickle).Symbols.Count);
    }

    [Fact]
    public void A_vocabulary_that_contradicts_itself_is_refused()
    {
        Refuses("ids 0 and 1", new PickleWriter().Op("}").Text("idx2sym").Op("](").Text("a").Text("a").Op("es"));
        Refuses("'idx2sym' another", new PickleWriter().Op("}").Text("idx2sym").Op("](").Text("a").Op("es").Text("sym2idx").Op("}").Text("a").Int(1).Op("ss"));
        Refuses("unk_idx", new PickleWriter().Op("}").Text("idx2sym").Op("](").Text("a").Op("es").Text("unk_idx").Int(1).Op("s"));
        Refuses("without a list", new PickleWriter().Op("}"));
        Refuses("where text is expected", new PickleWriter().Op("}").Text("idx2sym").Op("](").Int(1).Op("es"));
    }

    /// <summary>Pushes the dictionary of attributes.</summary>
    internal static PickleWriter Attributes(PickleWriter pickle)
    {
        string[] symbols = ["<eos>", "the", "größe", "<unk>"];
        pickle.Op("}(").Text("counter").Call("collections", "Counter", call => call.Op("}").Text("the").Int(7).Op("s"));
        pickle.Text("special").Op("](").Text("<eos>").Op("e").Text("min_freq").Int(2).Text("max_size").Op("N");
        pickle.Text("lower_case").Op(0x88).Text("delimiter").Text("").Text("vocab_file").Op("N").Text("unk_idx").Int(3).Text("idx2sym").Op("](");
        foreach (string symbol in symbols)
        {
            pickle.Text(symbol);
        }

        pickle.Op("e").Text("sym2idx").Call("collections", "OrderedDict", _ => { }).Op("(");
        for (int i = 0; i < symbols.Length; i++)
        {
            pickle.Text(symbols[i]).Int(i);
        }

        return pickle.Op("uu");
    }

    private static PickledVocabulary From(PickleWriter pickle)
    {
        using TorchFile file = pickle.Plain(UnknownClasses.Inert);
        return PickledVocabulary.From(file);
    }

    private static void Refuses(string reason, PickleWriter pickle) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => From(pickle)).Message, StringComparison.Ordinal);
}
