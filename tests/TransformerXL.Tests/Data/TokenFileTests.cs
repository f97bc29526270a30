using TransformerXL.Files;
using TransformerXL.Testing;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Data;

public sealed class TokenFileTests : IDisposable
{
    private static readonly string s_identity = new('a', 64);
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 1)]
    [InlineData(256, 1)]
    [InlineData(257, 2)]
    [InlineData(65536, 2)]
    [InlineData(65537, 4)]
    [InlineData(int.MaxValue, 4)]
    public void Ids_of_every_width_come_back(int vocabularySize, int width)
    {
        var random = new Random(vocabularySize);
        int[] ids = [0, vocabularySize - 1, .. Enumerable.Range(0, 3000).Select(_ => random.Next(vocabularySize))];
        string path = Write(ids, vocabularySize, characters: 5000);
        Assert.Equal(128 + (ids.Length * width), new FileInfo(path).Length);
        using TokenFile file = TokenFile.Open(path);
        Assert.Equal((ids.Length, 5000, vocabularySize), (file.Count, file.Characters, file.VocabularySize));
        Assert.Equal(ids, ReadAll(file));
        int[] middle = new int[1000];
        file.Read(1001, middle);
        Assert.Equal(ids[1001..2001], middle);
    }

    [Fact]
    public void A_sequence_in_memory_reads_like_a_file()
    {
        var file = TokenFile.FromIds([3, 1, 4], 5);
        int[] two = new int[2];
        file.Read(1, two);
        Assert.Equal([1, 4], two);
        Assert.Equal(3, file.Characters);
    }

    [Fact]
    public void An_empty_sequence_is_possible()
    {
        using TokenFile file = TokenFile.Open(Write([], 10, 0));
        Assert.Equal(0, file.Count);
        file.Read(0, []);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    [InlineData(long.MaxValue, 1)]
    public void A_range_outside_names_the_count(long start, int length)
    {
        using TokenFile file = TokenFile.Open(Write([1, 2, 3], 10, 3));
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => file.Read(start, new int[length]));
        Assert.Contains("has 3 ids", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_allocates_nothing()
    {
        using TokenFile file = TokenFile.Open(Write([.. Enumerable.Range(0, 5000)], 5000, 5000));
        int[] buffer = new int[4000];
        file.Read(0, buffer);
        long before = GC.GetAllocatedBytesForCurrentThread();
        file.Read(500, buffer);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(200)]
    [InlineData(60_000)]
    [InlineData(70_000)]
    public void A_changed_bit_in_the_ids_is_found_before_the_first_is_used(int vocabularySize)
    {
        string path = Write([.. Enumerable.Range(0, 3000).Select(i => i % 100)], vocabularySize, 3000);
        byte[] whole = File.ReadAllBytes(path);
        for (int i = 128; i < whole.Length; i += 997)
        {
            byte[] bytes = [.. whole];
            bytes[i] ^= 1;
            File.WriteAllBytes(path, bytes);
            using TokenFile file = TokenFile.Open(path);
            string message = Assert.Throws<InputException>(() => file.Read(i % 2 == 0 ? 0 : 2999, new int[1])).Message;
            Assert.Contains($"'{path}' is damaged: its ids do not have the checksum in its header; remove the file, and a training makes it again from the text", message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_id_outside_of_the_vocabulary_is_refused_when_it_is_read()
    {
        // A file of before ids had a checksum.
        string path = Write([1, 2, 3], 10, 3);
        byte[] bytes = File.ReadAllBytes(path);
        new TokenFileHeader(10, 3, 3, 0, s_identity, s_identity).Write(bytes);
        bytes[129] = 10;
        File.WriteAllBytes(path, bytes);
        using TokenFile file = TokenFile.Open(path);
        var error = Assert.Throws<InputException>(() => ReadAll(file));
        Assert.Contains("id 10 at position 1", error.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => TokenFile.FromIds([10], 10));
    }

    [Fact]
    public void A_disposed_file_refuses_to_read()
    {
        TokenFile file = TokenFile.Open(Write([1], 10, 1));
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ReadAll(file));
    }

    [Fact]
    public void A_file_cut_or_lengthened_is_refused()
    {
        byte[] bytes = File.ReadAllBytes(Write([1, 2, 3], 10, 3));
        Assert.Contains("3 ids of 1 byte but has 2", Refused(bytes[..^1]), StringComparison.Ordinal);
        Assert.Contains("3 ids of 1 byte but has 4", Refused([.. bytes, 0]), StringComparison.Ordinal);
        Assert.Contains("fewer than the 128", Refused(bytes[..127]), StringComparison.Ordinal);
        Assert.Contains("has 0 bytes", Refused([]), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_damaged_byte_of_the_header_is_noticed()
    {
        byte[] bytes = File.ReadAllBytes(Write([1, 2, 3], 10, 3));
        for (int i = 0; i < 128; i++)
        {
            byte[] damaged = [.. bytes];
            damaged[i] ^= 1;
            Refused(damaged);
        }
    }

    [Theory]
    [InlineData(-1, 0, 0, 0)]
    [InlineData(0, 3, 0, 0)]
    [InlineData(10, long.MaxValue, 0, 0)]
    [InlineData(10, -1, 0, 0)]
    [InlineData(10, 3, -1, 0)]
    [InlineData(10, 3, 3, 4)]
    public void A_header_that_cannot_be_is_refused_although_its_checksum_is_right(int vocabularySize, long count, long characters, long unknown)
    {
        byte[] bytes = new byte[128 + 3];
        new TokenFileHeader(vocabularySize, count, characters, unknown, s_identity, s_identity).Write(bytes);
        Refused(bytes);
    }

    [Fact]
    public void A_mutated_file_reads_or_is_refused_and_nothing_else_happens()
    {
        byte[] original = File.ReadAllBytes(Write([.. Enumerable.Range(0, 50)], 300, 50));
        var random = new Random(4);
        for (int round = 0; round < 500; round++)
        {
            string path = _folder.Write("mutated.tokens", Mutation.Of(original, random));
            try
            {
                using TokenFile file = TokenFile.Open(path);
                Assert.All(ReadAll(file), id => Assert.InRange(id, 0, 299));
            }
            catch (InputException error)
            {
                Assert.Contains("mutated.tokens", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_file_that_is_not_completed_leaves_nothing_and_keeps_the_old_one()
    {
        string path = Write([1, 2], 10, 2);
        Assert.Throws<ArithmeticException>(() => AtomicFile.Write(path, stream =>
        {
            new TokenFileWriter(stream, 10).Append([3]);
            throw new ArithmeticException();
        }));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
        using TokenFile file = TokenFile.Open(path);
        Assert.Equal([1, 2], ReadAll(file));
    }

    [SkippableFact]
    public void A_file_that_is_cut_short_while_it_is_read_gives_an_error_that_names_it()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows cuts no file short that is open.");
        int[] ids = [.. Enumerable.Range(0, 20_000).Select(i => i % 300)];
        string path = Write(ids, 300, ids.Length);
        using TokenFile file = TokenFile.Open(path);
        int[] read = new int[100];
        file.Read(19_000, read);
        using (FileStream cut = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            cut.SetLength(5_000);
        }

        file.Read(0, read);
        Assert.Equal(ids[..100], read);
        Assert.Contains(path, Assert.Throws<InputException>(() => file.Read(19_000, read)).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_file_in_use_can_be_replaced_and_keeps_its_content_for_the_reader()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows does not replace a file that is open.");
        string path = Write([1, 2], 10, 2);
        using TokenFile old = TokenFile.Open(path);
        Write([5, 6], 10, 2);
        Assert.Equal([1, 2], ReadAll(old));
    }

    private static int[] ReadAll(TokenFile file)
    {
        int[] ids = new int[file.Count];
        file.Read(0, ids);
        return ids;
    }

    private string Write(int[] ids, int vocabularySize, long characters)
    {
        string path = _folder["x.tokens"];
        AtomicFile.Write(path, stream =>
        {
            TokenFileWriter writer = new(stream, vocabularySize);
            writer.Append(ids);
            writer.Complete(characters, 0, s_identity, s_identity);
        });
        return path;
    }

    private string Refused(byte[] bytes)
    {
        string path = _folder.Write("damaged.tokens", bytes);
        string message = Assert.Throws<InputException>(() => TokenFile.Open(path)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        return message;
    }
}
