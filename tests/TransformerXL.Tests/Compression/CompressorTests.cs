using System.IO.Compression;
using TransformerXL.Compression;
using TransformerXL.Compression.Coding;
using TransformerXL.Compression.Container;
using Xunit;

namespace TransformerXL.Tests.Compression;

public sealed class CompressorTests
{
    public static TheoryData<int> Lengths => [0, 1, 2, 3, 100, 1023, 1024, 1025, 4096, 70_000];

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Text_of_any_length_is_restored(int length)
    {
        byte[] plain = Sample.Text(length);
        Assert.Equal(plain, await Sample.DecompressAsync(await Sample.CompressAsync(plain)));
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public async Task Noise_of_any_length_is_restored_and_hardly_grows(int length)
    {
        byte[] plain = Sample.Noise(length), compressed = await Sample.CompressAsync(plain);
        Assert.Equal(plain, await Sample.DecompressAsync(compressed));
        Assert.True(compressed.Length <= length + 64, $"{length} bytes became {compressed.Length}");
    }

    [Theory]
    [InlineData(CompressionProfile.Fast, 60_000)]
    [InlineData(CompressionProfile.Standard, 60_000)]
    [InlineData(CompressionProfile.Best, 17_000)]
    public async Task Every_profile_restores_blocks_of_all_kinds(CompressionProfile profile, int length)
    {
        byte[] plain = [.. Sample.Text(length), .. Sample.Noise(length), .. new byte[length], .. Enumerable.Range(0, length).Select(i => (byte)(i * i >> 7))];
        byte[] compressed = await Sample.CompressAsync(plain, profile);
        Assert.Equal(plain, await Sample.DecompressAsync(compressed));
        Assert.True(compressed.Length < plain.Length / 2);
    }

    [Fact]
    public async Task Several_blocks_of_text_and_noise_are_restored()
    {
        byte[] plain = [.. Sample.Text(300_000), .. Sample.Noise(1_300_000), .. Sample.Text(200_000)];
        byte[] compressed = await Sample.CompressAsync(plain, CompressionProfile.Fast);
        Assert.Equal(plain, await Sample.DecompressAsync(compressed));
    }

    [Fact]
    public async Task Noise_grows_by_less_than_a_thousandth()
    {
        byte[] plain = Sample.Noise(2_500_000);
        byte[] compressed = await Sample.CompressAsync(plain);
        Assert.True(compressed.Length < plain.Length + (plain.Length / 1000), $"{plain.Length} bytes became {compressed.Length}");
        Assert.Equal(plain, await Sample.DecompressAsync(compressed));
    }

    [Fact]
    public async Task A_small_file_costs_at_most_64_bytes_more_than_Brotli()
    {
        for (int length = 0; length <= 1024; length += 31)
        {
            byte[] plain = Sample.Text(length), buffer = new byte[2048];
            Assert.True(BrotliEncoder.TryCompress(plain, buffer, out int brotli, quality: 11, window: 24));
            byte[] compressed = await Sample.CompressAsync(plain);
            Assert.True(compressed.Length <= brotli + 64, $"{length} bytes: {compressed.Length} against {brotli} of Brotli");
        }
    }

    [Fact]
    public async Task A_pipe_that_gives_a_byte_at_a_time_is_compressed_like_a_file()
    {
        byte[] plain = Sample.Text(20_000), expected = await Sample.CompressAsync(plain);
        using MemoryStream output = new(), restored = new();
        await Compressor.CompressAsync(new TrickleStream(plain), output);
        Assert.Equal(expected, output.ToArray());
        await Compressor.DecompressAsync(new TrickleStream(expected), restored);
        Assert.Equal(plain, restored.ToArray());
    }

    [Fact]
    public async Task The_same_bytes_give_the_same_file()
    {
        byte[] plain = Sample.Text(50_000);
        Assert.Equal(await Sample.CompressAsync(plain), await Sample.CompressAsync(plain));
    }

    [Fact]
    public async Task Text_becomes_smaller_than_with_Brotli_at_its_best()
    {
        byte[] plain = Sample.Text(100_000), buffer = new byte[200_000];
        Assert.True(BrotliEncoder.TryCompress(plain, buffer, out int brotli, quality: 11, window: 24));
        byte[] compressed = await Sample.CompressAsync(plain);
        Assert.True(compressed.Length < brotli * 0.9, $"{compressed.Length} against {brotli}");
    }

    [Fact]
    public async Task A_cancelled_compression_ends()
    {
        using CancellationTokenSource stop = new();
        using MemoryStream input = new(Sample.Text(200_000)), output = new();
        CancelAfter progress = new(stop, 50_000);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Compressor.CompressAsync(input, output, progress: progress, cancellationToken: stop.Token));
        Assert.InRange(progress.Reported, 50_000, 100_000);
    }

    [Fact]
    public void The_reading_of_the_primer_can_be_cancelled()
    {
        PredictorSettings settings = PredictorSettings.For(new CompressionOptions { Profile = CompressionProfile.Best }, 1000);
        Assert.Throws<OperationCanceledException>(() => new BlockCoder(settings, null, null, 1, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Streams_that_cannot_be_read_or_written_are_refused_by_name()
    {
        using MemoryStream plain = new([1, 2, 3]), closed = new(), output = new(), readOnly = new([], writable: false);
        closed.Close();
        Assert.Equal("input", (await Assert.ThrowsAsync<ArgumentException>(() => Compressor.CompressAsync(closed, output))).ParamName);
        Assert.Equal("output", (await Assert.ThrowsAsync<ArgumentException>(() => Compressor.CompressAsync(plain, readOnly))).ParamName);
        Assert.Equal("input", (await Assert.ThrowsAsync<ArgumentException>(() => Compressor.DecompressAsync(closed, output))).ParamName);
        Assert.Equal("output", (await Assert.ThrowsAsync<ArgumentException>(() => Compressor.DecompressAsync(plain, readOnly))).ParamName);
        Assert.Equal(0, plain.Position);
    }

    [Fact]
    public async Task The_progress_of_a_decompression_counts_compressed_bytes_as_their_block_is_decoded()
    {
        byte[] compressed = await Sample.CompressAsync(Sample.Text(60_000));
        Reports reports = new();
        using MemoryStream input = new(compressed), output = new();
        await Compressor.DecompressAsync(input, output, progress: reports);
        long[] bytes = [.. reports.Values.Select(value => value.CompressedBytes)];
        Assert.Equal(bytes.Order(), bytes);
        Assert.Contains(bytes, value => Math.Abs(value - (compressed.Length / 2)) < compressed.Length / 8);
        Assert.InRange(bytes[^1], compressed.Length - 64, compressed.Length);
    }

    private sealed class Reports : IProgress<CompressionProgress>
    {
        public List<CompressionProgress> Values { get; } = [];

        public void Report(CompressionProgress value) => Values.Add(value);
    }

    private sealed class CancelAfter(CancellationTokenSource stop, long bytes) : IProgress<CompressionProgress>
    {
        public long Reported { get; private set; }

        public void Report(CompressionProgress value)
        {
            Reported = value.PlainBytes;
            if (value.PlainBytes >= bytes)
            {
                stop.Cancel();
            }
        }
    }

    private sealed class TrickleStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(1, buffer.Length)], cancellationToken);
    }
}
