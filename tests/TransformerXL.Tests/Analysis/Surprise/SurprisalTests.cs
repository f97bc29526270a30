using System.Xml.Linq;
using TransformerXL.Analysis.Reports;
using TransformerXL.Analysis.Surprisal;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Testing;
using TransformerXL.Tests.Analysis.Reports;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Analysis.Surprisal;

public class SurprisalTests
{
    private static readonly ByteVocabulary Vocabulary = new();
    private static readonly int[] Text = Vocabulary.Encode(string.Concat(Enumerable.Range(0, 12).Select(i => $"Zeile {i * i} – ß\n")));
    private static readonly ContextConfiguration Context = new() { TargetLength = 16, MemoryLength = 24 };

    [Theory]
    [InlineData(Kinds.TransformerXL)]
    [InlineData(Kinds.Shaw)]
    [InlineData(Kinds.Vaswani)]
    public void Both_readings_are_those_of_an_evaluation(string kind)
    {
        using CpuBackend backend = new(threads: 1);
        LanguageModel model = Model(kind);
        SurprisalSummary summary = Summarize(model, backend);
        Assert.Equal(Text.Length, summary.Count);
        Assert.Equal(Evaluated(model, backend, Context), summary.WithMemory, 1e-4);
        Assert.Equal(Evaluated(model, backend, Context with { MemoryLength = 0 }), summary.WithoutMemory, 1e-4);
        Assert.NotEqual(summary.WithMemory, summary.WithoutMemory);
    }

    [Fact]
    public void An_lstm_forgets_its_state_with_each_segment()
    {
        using CpuBackend backend = new(threads: 1);
        LanguageModel model = Model(Kinds.Lstm);
        TokenSurprise[] read = [.. new SurprisalReader(model, Vocabulary, backend).Read(Text, new SurprisalOptions { Context = Context })];
        Assert.All(read.Take(16), token => Assert.Equal(token.WithMemory, token.WithoutMemory));
        TokenSurprise[] alone = [.. new SurprisalReader(model, Vocabulary, backend).Read(Text.AsSpan(15, 17).ToArray(), new SurprisalOptions { Context = Context with { TargetLength = 17 } })];
        Assert.NotEqual(read[20].WithMemory, read[20].WithoutMemory);
        Assert.Equal(17, alone.Length);
    }

    [Fact]
    public void A_model_without_memory_has_nothing_to_compare()
    {
        using CpuBackend backend = new(threads: 1);
        SurprisalReader reader = new(Model(Kinds.TransformerXL), Vocabulary, backend);
        SurprisalOptions options = SurprisalOptions.ForTrained(new() { TargetLength = 16, MemoryLength = 0 });
        Assert.Contains("there is no memory", Assert.Throws<InputException>(() => reader.Read(Text, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_summary_finds_the_tokens_and_the_places_that_gained_most()
    {
        SurprisalSummary summary = new(2, max: 1);
        summary.Add(new TokenSurprise(0, 7, 0, 1, 2));
        summary.Add(new TokenSurprise(1, 8, 1, 1, 3.5));
        summary.Add(new TokenSurprise(2, 7, 0, 1, 3));
        Assert.Equal(new TokenGain(7, 2, 3), Assert.Single(summary.Gains(1)));
        Assert.Equal(1, Assert.Single(summary.BestPlaces()).Position);
        Assert.Equal((1, 2.5), summary.MeanAt(0, 1));
        Assert.Equal(2, summary.Places);
    }

    [Fact]
    public void Bytes_of_one_character_are_one_piece_of_text()
    {
        List<TextPiece> pieces = TextPiece.Of([.. "a–b"u8.ToArray().Select(value => (int)value), 0xE2], Vocabulary);
        Assert.Equal([new("a", 0, 1), new("–", 1, 3), new("b", 4, 1), new("\uFFFD", 5, 1)], pieces);
    }

    [Fact]
    public void The_page_is_well_formed_and_says_that_only_the_beginning_is_shown()
    {
        using CpuBackend backend = new(threads: 1);
        using TemporaryFolder folder = new();
        LanguageModel model = Model(Kinds.TransformerXL);
        TokenSurprise[] read = [.. new SurprisalReader(model, Vocabulary, backend).Read(Text, new SurprisalOptions { Context = Context })];
        new SurprisalPage { Summary = Summarize(model, backend), Shown = read[..40], Vocabulary = Vocabulary, Context = Context, Model = "m", Text = "t" }.Write(folder["page.html"]);
        XElement page = Pages.Parse(File.ReadAllText(folder["page.html"]));
        Pages.AssertSelfContained(page);
        Assert.Contains($"the first 40 of {Text.Length} bytes", page.Value, StringComparison.Ordinal);
        Assert.Equal(3, page.Descendants("p").Count(text => text.Attribute("class")?.Value == "colored"));
        Assert.Contains(page.Descendants("span"), piece => piece.Attribute("class")?.Value[0] == 'n');
    }

    private static LanguageModel Model(string kind) => LanguageModel.Create(new TransformerXLConfiguration
    {
        VocabularySize = 256,
        Layers = 2,
        ModelSize = 16,
        Heads = 2,
        InitialDeviation = 0.3f,
    }.As(kind, rows: 40));

    private static SurprisalSummary Summarize(LanguageModel model, CpuBackend backend)
    {
        SurprisalSummary summary = new(Context.TargetLength);
        foreach (TokenSurprise token in new SurprisalReader(model, Vocabulary, backend).Read(Text, new SurprisalOptions { Context = Context }))
        {
            summary.Add(token);
        }

        return summary;
    }

    /// <summary>Mean bits of the text behind a newline, from which its first token is predicted.</summary>
    private static double Evaluated(LanguageModel model, CpuBackend backend, ContextConfiguration context)
    {
        using TokenFile file = TokenFile.FromIds(['\n', .. Text], 256);
        return new Evaluator(model, backend).Evaluate(file, new EvaluationOptions { Context = context }).MeanNll / Math.Log(2);
    }
}
