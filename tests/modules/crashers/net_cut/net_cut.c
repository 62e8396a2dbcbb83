// SPDX-License-Identifier: GPL-2.0-only
/* Drops all packets while it is loaded. */
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>

static unsigned int net_cut_drop(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return NF_DROP;
}

static const struct nf_hook_ops net_cut_ops = {
	.hook = net_cut_drop,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_LOCAL_IN,
	.priority = NF_IP_PRI_FIRST,
};

static int __init net_cut_init(void)
{
	return nf_register_net_hook(&init_net, &net_cut_ops);
}

static void __exit net_cut_exit(void)
{
	nf_unregister_net_hook(&init_net, &net_cut_ops);
}

module_init(net_cut_init);
module_exit(net_cut_exit);

MODULE_DESCRIPTION("Outpost crasher: the network is cut from inside");
MODULE_LICENSE("GPL");
