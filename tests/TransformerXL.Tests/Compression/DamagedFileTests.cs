using System.IO.Hashing;
using TransformerXL.Compression;
using TransformerXL.Fuzz;
using Xunit;

namespace TransformerXL.Tests.Compression;

public sealed class DamagedFileTests
{
    private const int Mutants = 3000;

    [Fact]
    public async Task No_mutant_of_a_compressed_file_gives_other_bytes()
    {
        Random random = new(3);
        byte[][] plains = [[], Sample.Text(300), Sample.Text(6000), Sample.Noise(5000)];
        byte[][] files = [.. await Task.WhenAll(plains.Select(plain => Sample.CompressAsync(plain, CompressionProfile.Fast)))];
        int refused = 0;
        for (int i = 0; i < Mutants; i++)
        {
            int which = random.Next(files.Length);
            byte[] mutant = Mutation.Of(files[which], random);
            if (mutant.AsSpan().SequenceEqual(files[which]))
            {
                continue;
            }

            refused += await IsRefusedAsync(mutant, plains[which]) ? 1 : 0;
        }

        Assert.True(refused > Mutants * 0.9, $"only {refused} of {Mutants} were refused");
    }

    [Fact]
    public async Task A_file_that_is_cut_anywhere_is_refused()
    {
        byte[] file = await Sample.CompressAsync(Sample.Text(3000), CompressionProfile.Fast);
        for (int length = 0; length < file.Length; length++)
        {
            InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file[..length]));
            Assert.NotEmpty(exception.Message);
        }
    }

    [Theory]
    [InlineData("plain text", "was not compressed by this program")]
    [InlineData("", "empty")]
    public async Task A_foreign_file_is_told_as_such(string content, string message)
    {
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync([.. content.Select(c => (byte)c)]));
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_later_version_is_named()
    {
        byte[] file = await Sample.CompressAsync([1, 2, 3]);
        file[4] = 9;
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file));
        Assert.Contains("version 9", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_after_the_end_are_refused()
    {
        byte[] file = [.. await Sample.CompressAsync(Sample.Text(100)), 0];
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file));
        Assert.Contains("other bytes follow its end", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_that_asks_for_more_memory_than_allowed_is_refused_before_it_is_taken()
    {
        byte[] file = await Sample.CompressAsync(Sample.Text(5000));
        // Table bits of 26 are 2 GiB; the checksum is made right again.
        file[8] = 26;
        BitConverter.TryWriteBytes(file.AsSpan(11), Crc32.HashToUInt32(file.AsSpan(0, 11)));
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file));
        Assert.Contains("memory, but the limit is 2048 MiB", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recovery_gives_the_whole_blocks_before_damage()
    {
        byte[] plain = [.. Sample.Text(1 << 20), .. Sample.Text(50_000)];
        byte[] file = await Sample.CompressAsync(plain, CompressionProfile.Fast);
        file[^40] ^= 1;
        using MemoryStream input = new(file), output = new();
        CompressionResult result = await Compressor.DecompressAsync(input, output, new DecompressionOptions { Recover = true });
        Assert.NotNull(result.Damage);
        Assert.Equal(1 << 20, result.PlainBytes);
        Assert.Equal(plain[..(1 << 20)], output.ToArray());
        InputException refused = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(file));
        Assert.EndsWith("; the 1048576 bytes before it are whole", refused.Message, StringComparison.Ordinal);
        Assert.Equal("recover", Assert.Single(refused.Remedies).Member);
    }

    /// <summary>What a hostile file or a decoder of another arithmetic would give.</summary>
    [Fact]
    public async Task A_block_whose_checksum_was_made_right_again_is_refused_by_that_of_its_plain_bytes()
    {
        const int Header = 15, BlockHeader = 1 + 2 + 2 + 4;
        byte[] file = await Sample.CompressAsync(Sample.Text(9000), CompressionProfile.Fast);
        int coded = (file[Header + 3] & 127) | (file[Header + 4] << 7), end = Header + BlockHeader + coded;
        Assert.Equal((byte)4, file[Header]);
        for (int i = 0; i < coded; i += 7)
        {
            byte[] changed = [.. file];
            changed[Header + BlockHeader + i] ^= (byte)(1 << (i % 8));
            BitConverter.TryWriteBytes(changed.AsSpan(end), Crc32.HashToUInt32(changed.AsSpan(Header, BlockHeader + coded)));
            InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(changed));
            Assert.Contains("decodes to other bytes", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_block_of_Brotli_that_ends_early_is_refused_although_zeros_are_what_it_claims()
    {
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(FileOfBrotli(length: 1 << 20)));
        Assert.Contains("its block of Brotli is damaged", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_without_a_predictor_is_limited_by_the_memory()
    {
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(FileOfBrotli(length: 1 << 22), new DecompressionOptions { MaxMemory = 1 << 20 }));
        Assert.Contains("needs 4194305 bytes of memory, but the limit is 1 MiB", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>A file whose only block is the empty stream of Brotli and claims zeros.</summary>
    private static byte[] FileOfBrotli(int length)
    {
        List<byte> file = [0xD4, 0x54, 0x58, 0x5A, 1, 0, 0];
        file.AddRange(BitConverter.GetBytes(Crc32.HashToUInt32([.. file])));
        List<byte> block = [3];
        for (int rest = length; rest > 0; rest >>= 7)
        {
            block.Add((byte)((rest & 127) | (rest > 127 ? 128 : 0)));
        }

        block.Add(1);
        block.AddRange(BitConverter.GetBytes(Crc32.HashToUInt32(new byte[length])));
        block.Add(6);
        return [.. file, .. block, .. BitConverter.GetBytes(Crc32.HashToUInt32([.. block]))];
    }

    [Fact]
    public async Task Blocks_in_another_order_are_refused()
    {
        // Two stored blocks of noise of the same sizes: each is whole, but the file is not.
        byte[] file = await Sample.CompressAsync(Sample.Noise(2 << 20));
        const int Header = 15, Block = 1 + 3 + 3 + 4 + (1 << 20) + 4;
        byte[] swapped = [.. file[..Header], .. file[(Header + Block)..(Header + Block + Block)], .. file[Header..(Header + Block)], .. file[(Header + Block + Block)..]];
        Assert.Equal(file.Length, swapped.Length);
        InputException exception = await Assert.ThrowsAsync<InputException>(() => Sample.DecompressAsync(swapped));
        Assert.Contains("not those that were compressed", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<bool> IsRefusedAsync(byte[] mutant, byte[] plain)
    {
        try
        {
            Assert.Equal(plain, await Sample.DecompressAsync(mutant));
            return false;
        }
        catch (InputException)
        {
            return true;
        }
    }
}
