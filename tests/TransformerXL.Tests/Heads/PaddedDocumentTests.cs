using System.Text;
using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Heads;

/// <summary>Documents of different lengths side by side have the bits that each has alone, with every family and pooling.</summary>
public sealed class PaddedDocumentTests : IDisposable
{
    private const int Segment = 6;

    private static readonly int[] s_lengths = [1, 2, 5, 6, 7, 12, 13, 31];

    private readonly CpuBackend _backend = new(null, 2);

    public static TheoryData<string, HeadPooling> Cases()
    {
        TheoryData<string, HeadPooling> cases = [];
        foreach (string kind in Kinds.WithEncoders)
        {
            foreach (HeadPooling pooling in Enum.GetValues<HeadPooling>())
            {
                cases.Add(kind, pooling);
            }
        }

        return cases;
    }

    public static TheoryData<string> Families() => [.. Kinds.WithEncoders];

    public void Dispose() => _backend.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_text_has_the_same_bits_alone_and_beside_others(string kind, HeadPooling pooling)
    {
        TaskRunner runner = Runner(kind, new HeadConfiguration { Labels = ["a", "b", "c"], Pooling = pooling, NGrams = pooling == HeadPooling.Mean ? 3 : 0 });
        int[][] documents = [.. s_lengths.Select(Document)];
        float[][] together = runner.OfTexts(documents);
        for (int i = 0; i < documents.Length; i++)
        {
            Assert.Equal(runner.OfTexts([documents[i]])[0], together[i]);
        }

        Assert.Equal(runner.OfTexts([.. documents.Reverse()]).Reverse(), together);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_token_has_the_same_bits_alone_and_beside_others(string kind)
    {
        TaskRunner runner = Runner(kind, new HeadConfiguration { Kind = HeadKind.Tags, Labels = ["a", "b", "c"] });
        int[][] documents = [.. s_lengths.Select(Document)];
        float[][] together = runner.OfTokens(documents);
        for (int i = 0; i < documents.Length; i++)
        {
            Assert.Equal(runner.OfTokens([documents[i]])[0], together[i]);
            Assert.Equal(3 * documents[i].Length, together[i].Length);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_stream_that_is_read_segment_by_segment_has_the_bits_of_the_whole_text(string kind, HeadPooling pooling)
    {
        TaskRunner runner = Runner(kind, new HeadConfiguration { Labels = ["a", "b", "c"], Pooling = pooling, NGrams = pooling == HeadPooling.Mean ? 3 : 0 });
        Classifier classifier = new(runner, new TaskTexts(new ByteVocabulary()));
        // Marks stand at both ends, so that these lengths end before, at and behind the end of a segment.
        foreach (int length in (int[])[0, 1, Segment - 2, Segment - 1, Segment, 25])
        {
            string text = new('x', length);
            Classification whole = classifier.Classify(text), streamed = await classifier.ClassifyAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(whole.Probabilities, streamed.Probabilities);
            Assert.Equal((length + 2, length + 2), (whole.Tokens, streamed.Tokens));
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void The_memory_of_a_document_reaches_into_its_later_segments_alone(string kind)
    {
        TaskRunner runner = Runner(kind, new HeadConfiguration { Labels = ["a", "b", "c"], Pooling = HeadPooling.Last });
        int[] document = Document(Segment + 2), other = [.. document];
        other[Segment - 1]++;
        float[] alone = runner.OfTexts([document])[0];
        Assert.NotEqual(alone, runner.OfTexts([other])[0]);
        runner.OfTexts([Document(31)]);
        Assert.Equal(alone, runner.OfTexts([document])[0]);
    }

    private static int[] Document(int length) => [.. Enumerable.Range(0, length).Select(i => ((i * 7) + length) % 250)];

    private TaskRunner Runner(string kind, HeadConfiguration head)
    {
        ModelConfiguration configuration = new TransformerXLConfiguration
        {
            VocabularySize = 256,
            Layers = 2,
            ModelSize = 16,
            Heads = 2,
            HeadSize = 8,
            InnerSize = 24,
            InitialDeviation = 0.2f,
        }.As(kind, rows: Segment);
        LanguageModel model = LanguageModel.Create(configuration, 3);
        TaskHead created = new(head, configuration.HiddenWidth, 4, 0.3f);
        NGramTests.Fill(created);
        return new TaskRunner(model, created, _backend, new ContextConfiguration { TargetLength = Segment, MemoryLength = 9 });
    }
}
