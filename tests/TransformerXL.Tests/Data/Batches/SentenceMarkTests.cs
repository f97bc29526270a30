using TransformerXL.Text;
using TransformerXL.Training.Batches;
using TransformerXL.Training.Corpora;
using Xunit;

namespace TransformerXL.Tests.Data.Batches;

/// <summary>Sentences of words, ended by <c>&lt;eos&gt;</c> or between two <c>&lt;S&gt;</c> as in One Billion Word.</summary>
public sealed class SentenceMarkTests
{
    [Fact]
    public void A_stream_of_marked_sentences_reads_as_it_was_written_by_hand()
    {
        using Corpus corpus = Words("a b\nc\nd e f\n", bothEnds: true);
        SentenceBatches batches = Unshuffled(corpus, streams: 1, length: 3);
        List<BatchReading.Segment> segments = batches.ReadToEnd();
        // <S> a b <S>, <S> c <S>, <S> d e f <S>: the last token of a sentence is only a target, its first only an input.
        Assert.Equal("<S> a b <S> c <S> d e f", Text(corpus, segments.Inputs(0)));
        Assert.Equal("a b <S> c <S> d e f <S>", Text(corpus, segments.Targets(0)));
    }

    [Fact]
    public void Streams_take_the_next_sentence_in_the_middle_of_a_segment()
    {
        using Corpus corpus = Words("a b\nc\nd e f\ng\n", bothEnds: true);
        List<BatchReading.Segment> segments = Unshuffled(corpus, streams: 2, length: 4).ReadToEnd();
        // The first stream fills its segment before the second begins.
        Assert.Equal("<S> a b <S>", Text(corpus, segments.Inputs(0).Take(4)));
        Assert.Equal("a b <S> c", Text(corpus, segments.Targets(0).Take(4)));
        Assert.Equal("<S> d e f", Text(corpus, segments.Inputs(1).Take(4)));
        Assert.Equal("d e f <S>", Text(corpus, segments.Targets(1).Take(4)));
    }

    [Fact]
    public void Whatever_the_sentences_they_are_packed_as_by_the_reference()
    {
        for (int round = 0; round < 40; round++)
        {
            Random random = new(round);
            int streams = random.Next(1, 4), length = random.Next(1, 12);
            string[] lines = [.. Enumerable.Range(0, 60).Select(_ => string.Join(' ', Enumerable.Range(0, random.Next(0, 9)).Select(_ => (char)('a' + random.Next(26)))))];
            using Corpus corpus = Words(string.Join('\n', lines) + "\n", bothEnds: true);
            List<BatchReading.Segment> segments = Unshuffled(corpus, streams, length).ReadToEnd();
            List<(int[] Inputs, int[] Targets)> expected = Reference([.. lines.Select(line => Encode(corpus, line))], streams, length);
            Assert.Equal(expected.Select(segment => segment.Inputs), segments.Select(segment => segment.Inputs));
            Assert.Equal(expected.Select(segment => segment.Targets), segments.Select(segment => segment.Targets));
        }
    }

    [Fact]
    public void No_input_and_target_are_the_two_marks_between_sentences()
    {
        using Corpus corpus = Words(string.Concat(Enumerable.Range(0, 200).Select(i => $"w{i} x\n")), bothEnds: true);
        int mark = SentenceEnds.IdFor(corpus.Vocabulary)!.Value;
        SentenceBatches batches = new(corpus.Train, mark, 3, 7, 0, seed: 5, corpus.Vocabulary.StartOfLineId);
        foreach (BatchReading.Segment segment in batches.ReadToEnd())
        {
            Assert.DoesNotContain((mark, mark), segment.Inputs.Zip(segment.Targets));
        }
    }

    [Fact]
    public void A_mark_in_a_text_spoils_no_more_than_its_sentence()
    {
        using Corpus corpus = Words("a <S> b\nc\nd\n", bothEnds: true);
        SentenceIndex index = SentenceIndex.Build(corpus.Train, corpus.Vocabulary.EndOfLineId!.Value, corpus.Vocabulary.StartOfLineId);
        Assert.Equal([0, 3, 5, 8, 11], Enumerable.Range(0, (int)index.Count + 1).Select(i => index.Start(i)));
    }

    [Fact]
    public void Lines_of_words_end_with_their_symbol_and_those_of_byte_pairs_with_the_newline()
    {
        using Corpus words = Words("a b\nc\n", bothEnds: false);
        using Corpus pairs = Corpus.FromText("a b\nc\n", Options(new VocabularyOptions { Kind = VocabularyKind.BytePairs }));
        using Corpus stream = Corpus.FromText("a b\nc\n", Options(new VocabularyOptions { Kind = VocabularyKind.Words, AddEos = false }));
        Assert.Equal("<eos>", words.Vocabulary.Describe(SentenceEnds.IdFor(words.Vocabulary)!.Value));
        Assert.Equal("\n", pairs.Vocabulary.Decode([SentenceEnds.IdFor(pairs.Vocabulary)!.Value]));
        Assert.Null(SentenceEnds.IdFor(stream.Vocabulary));
    }

    /// <summary>LMShuffledIterator, its order left as it is: each stream fills its columns from its sentence, then from the next one.</summary>
    private static List<(int[] Inputs, int[] Targets)> Reference(int[][] sentences, int streams, int length)
    {
        Queue<int[]> queue = new(sentences);
        int[][] current = new int[streams][];
        Array.Fill(current, []);
        List<(int[], int[])> segments = [];
        while (true)
        {
            int[] inputs = new int[length * streams], targets = new int[length * streams];
            for (int stream = 0; stream < streams; stream++)
            {
                for (int filled = 0; filled < length;)
                {
                    while (current[stream].Length <= 1)
                    {
                        if (!queue.TryDequeue(out int[]? next))
                        {
                            return segments;
                        }

                        current[stream] = next;
                    }

                    int count = Math.Min(current[stream].Length - 1, length - filled);
                    for (int i = 0; i < count; i++, filled++)
                    {
                        (inputs[(filled * streams) + stream], targets[(filled * streams) + stream]) = (current[stream][i], current[stream][i + 1]);
                    }

                    current[stream] = current[stream][count..];
                }
            }

            segments.Add((inputs, targets));
        }
    }

    private static int[] Encode(Corpus corpus, string line) => corpus.Vocabulary.Encode(line + "\n");

    private static SentenceBatches Unshuffled(Corpus corpus, int streams, int length)
    {
        int end = SentenceEnds.IdFor(corpus.Vocabulary)!.Value;
        SentenceIndex index = SentenceIndex.Build(corpus.Train, end, corpus.Vocabulary.StartOfLineId);
        return new SentenceBatches(corpus.Train, index, corpus.Vocabulary.StartOfLineId is null ? end : null, streams, length, 0, seed: null);
    }

    private static string Text(Corpus corpus, IEnumerable<int> ids) => string.Join(' ', ids.Select(corpus.Vocabulary.Describe));

    private static Corpus Words(string text, bool bothEnds) =>
        Corpus.FromText(text, Options(new VocabularyOptions { Kind = VocabularyKind.Words, AddDoubleEos = bothEnds }));

    private static CorpusOptions Options(VocabularyOptions vocabulary) => new() { ValidationFraction = 0, TestFraction = 0, Vocabulary = vocabulary };
}
