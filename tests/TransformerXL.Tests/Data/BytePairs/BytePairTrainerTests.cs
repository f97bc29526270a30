using System.Text;
using TransformerXL.Text.BytePairs;
using Xunit;

namespace TransformerXL.Tests.Data.BytePairs;

public sealed class BytePairTrainerTests
{
    [Fact]
    public void The_merges_of_a_tiny_text_are_those_worked_out_by_hand()
    {
        // a b c d have the ids 64 65 66 67 in GPT-2's order of bytes. aa occurs 4 times and becomes 256: aa a b d aa a b a c. Now (a, b) and (aa, a)
        // occur twice; the smaller ids go first: ab becomes 257, then (aa, ab) becomes 258. All pairs that are left occur once.
        BytePairVocabulary vocabulary = BytePairSamples.Train(1000, [], "aaabdaaabac"u8.ToArray());
        Assert.Equal([new(64, 64, 256), new(64, 65, 257), new(256, 257, 258)], vocabulary.Merges);
        Assert.Equal(259, vocabulary.Count);
        Assert.Equal([258, 67, 258, 64, 66], vocabulary.Encode("aaabdaaabac"));
        Assert.Equal([256, 256, 64], vocabulary.Encode("aaaaa"));
    }

    [Fact]
    public void A_training_learns_what_counting_everything_anew_learns()
    {
        var random = new Random(1);
        for (int round = 0; round < 30; round++)
        {
            byte[][] texts = [BytePairSamples.Text(random, 40), Repetitive(random, 150)];
            long least = random.Next(1, 4);
            var trainer = new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 340, MinFrequency = least });
            foreach (byte[] text in texts)
            {
                trainer.Add(text);
                trainer.EndText();
            }
            BytePairVocabulary vocabulary = trainer.Train();
            Assert.Equal(
                ReferenceBytePairs.Train(texts, 340, least),
                vocabulary.Merges.Select(merge => (ByteAlphabet.Name(vocabulary.BytesOf(merge.Left)), ByteAlphabet.Name(vocabulary.BytesOf(merge.Right)))));
        }
    }

    [Fact]
    public void The_vocabulary_does_not_depend_on_how_the_text_is_cut_into_pieces()
    {
        byte[] text = BytePairSamples.Text(new Random(2), 3000);
        string whole = BytePairSamples.Train(500, [BytePairSamples.EndOfText], text).Fingerprint;
        foreach (int size in new[] { 1, 2, 3, 17 })
        {
            var trainer = new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 500, SpecialTokens = [BytePairSamples.EndOfText] });
            foreach (byte[] piece in text.Chunk(size))
            {
                trainer.Add(piece);
            }
            Assert.Equal(whole, trainer.Train().Fingerprint);
        }
    }

    [Fact]
    public void Special_tokens_get_the_last_ids_and_their_text_is_not_learnt()
    {
        BytePairVocabulary vocabulary = BytePairSamples.Train(300, ["<|a|>", "<|b|>"], Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("<|a|>", 100))));
        Assert.Equal(258, vocabulary.Count);
        Assert.Equal(256, vocabulary.SpecialTokens["<|a|>"]);
        Assert.Equal(257, vocabulary.SpecialTokens["<|b|>"]);
    }

    [Fact]
    public void No_token_gets_the_name_that_a_special_token_has_in_files()
    {
        // " x" is written as Ġx.
        BytePairVocabulary vocabulary = BytePairSamples.Train(300, ["Ġx"], " x x x x"u8.ToArray());
        Assert.Empty(vocabulary.Merges);
    }

    [Fact]
    public void Merges_end_at_the_wanted_size() => Assert.Equal(400, BytePairSamples.Train(400, [BytePairSamples.EndOfText], BytePairSamples.Text(new Random(3), 3000)).Count);

    [Fact]
    public void Without_text_the_bytes_are_learnt() => Assert.Equal(256, BytePairSamples.Train(1000, []).Count);

    [Fact]
    public void Rare_pre_tokens_are_forgotten_where_there_are_too_many_and_frequent_ones_stay()
    {
        BytePairVocabulary Train(int piece)
        {
            var trainer = new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 300, MaxPreTokens = 64 });
            byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5000).Select(i => i % 3 == 0 ? " frequent" : $" {i * 7919L}")));
            foreach (byte[] part in text.Chunk(piece))
            {
                trainer.Add(part);
            }
            Assert.InRange(trainer.PreTokens, 1, 64);
            return trainer.Train();
        }
        BytePairVocabulary vocabulary = Train(1000);
        Assert.Single(vocabulary.Encode(" frequent"));
        Assert.Equal(vocabulary.Fingerprint, Train(7).Fingerprint);
    }

    [Fact]
    public void Progress_ends_with_what_was_learnt()
    {
        List<BytePairTrainingProgress> reports = [];
        var trainer = new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 400 });
        trainer.Add(BytePairSamples.Text(new Random(4), 3000));
        trainer.Train(new Immediate(reports));
        Assert.Equal([320, 384, 400], reports.Select(report => report.Tokens));
        Assert.All(reports, report => Assert.Equal(400, report.Wanted));
    }

    [Fact]
    public void A_stopped_training_can_be_begun_again()
    {
        var trainer = new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 400 });
        trainer.Add(BytePairSamples.Text(new Random(5), 3000));
        Assert.Throws<OperationCanceledException>(() => trainer.Train(cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(400, trainer.Train().Count);
    }

    [Theory]
    [InlineData(255, 2, 1, "255")]
    [InlineData(1 << 21, 2, 1, "2097152")]
    [InlineData(300, 0, 1, "frequency")]
    [InlineData(300, 2, 0, "pre-tokens")]
    public void Options_out_of_range_are_refused(int size, int least, int preTokens, string fault) => Assert.Contains(
        fault,
        Assert.Throws<InputException>(() => new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = size, MinFrequency = least, MaxPreTokens = preTokens })).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("x", "x")]
    [InlineData("xy", "xy")]
    public void Special_tokens_that_cannot_be_are_refused(params string[] tokens) =>
        Assert.Throws<InputException>(() => new BytePairTrainer(new BytePairTrainerOptions { VocabularySize = 300, SpecialTokens = tokens }));

    private static byte[] Repetitive(Random random, int words) =>
        Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, words).Select(_ => " " + new string([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => "abc"[random.Next(3)])]))));

    private sealed class Immediate(List<BytePairTrainingProgress> reports) : IProgress<BytePairTrainingProgress>
    {
        public void Report(BytePairTrainingProgress value) => reports.Add(value);
    }
}
