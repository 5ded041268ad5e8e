"""What account managers have noted in the archives: the texts of the demo customers."""

from random import Random

_TEXTS = {
    "market_area": [
        "产品主要销往{region}，并出口东南亚。",
        "以{city}为中心覆盖{region}，正在开拓华中市场。",
        "全国销售，{region}占其收入的六成以上。",
    ],
    "sales_capacity": [
        "自有销售团队约 {team} 人，另有 {dealers} 家经销商。",
        "以直销为主，销售人员 {team} 人，年度目标完成率较高。",
        "依靠 {dealers} 家区域代理，直销能力偏弱。",
    ],
    "development_potential": [
        "二期厂房已封顶，投产后预计采购量增加三成。",
        "产线自动化改造分三年进行，今年为第二年。",
        "业务平稳，短期内没有扩产计划。",
        "新产品线处于试产阶段，量产后将带来新的需求。",
    ],
    "business_philosophy": [
        "重质量、重交期，对价格不算敏感。",
        "稳健经营，现金为王，决策较慢但守信用。",
        "追求技术领先，愿意与供应商共同开发。",
    ],
    "business_direction": [
        "由{industry}的单机产品向整体解决方案转型。",
        "继续专注{industry}主业，压缩外围业务。",
        "计划进入新能源配套领域。",
    ],
    "business_policy": [
        "执行双供应商制度，每年第四季度重新评标。",
        "关键部件集中采购，其余由各工厂自行采购。",
        "要求供应商提供 VMI 库存和 48 小时内的现场服务。",
    ],
    "sales_record": [
        "合作 {years} 年，订单逐年增长，未发生重大质量事故。",
        "合作 {years} 年，去年因项目延期订单有所下降，今年恢复。",
        "合作 {years} 年，以小批量多批次为主。",
    ],
    "market_share": [
        "在{industry}细分市场约占 {share}%，位居前列。",
        "区域市场占有率约 {share}%，全国占有率较低。",
        "占有率约 {share}%，近两年基本持平。",
    ],
    "market_position": [
        "区域龙头，品牌认知度高，成本控制能力强。",
        "第二梯队，靠交付速度和定制能力取胜。",
        "细分领域的隐形冠军，客户黏性高。",
    ],
    "competitor_relations": [
        "同时向一家日系品牌采购，份额约占四成。",
        "此前的主供应商是本地厂商，因交期问题转向我方。",
        "与两家竞争对手保持询价关系，价格压力较大。",
    ],
    "our_relations": [
        "高层每季度互访，技术部门有固定的交流机制。",
        "与采购部关系良好，与技术部的联系有待加强。",
        "关系平稳，以订单往来为主。",
    ],
    "sales_activity": [
        "每月两次拜访，正在跟进一条新产线的选型。",
        "框架协议年内到期，需提前启动续签。",
        "本季度完成一次产品培训，参加者 {team} 人。",
    ],
    "existing_problems": [
        "去年有两批货延迟交付，客户要求改进排产。",
        "付款周期偏长，平均超过约定 12 天。",
        "暂无突出问题。",
        "对售后响应速度有意见，已安排专人对接。",
    ],
    "strategy": [
        "以伺服产品为突破口，带动控制器和气动元件的配套。",
        "维持现有份额，重点提升服务响应。",
        "争取进入其集团采购名录，由单厂扩大到集团。",
    ],
    "outlook": [
        "预计明年采购额增长 10% 至 15%。",
        "受行业周期影响，预计与今年持平。",
        "若新项目中标，采购额有望翻番。",
    ],
    "image_reputation": [
        "行业口碑好，多次获得政府质量奖。",
        "守合同重信用，在供应商中评价较高。",
        "成立时间不长，知名度一般。",
    ],
    "finances": [
        "资产负债率约 {debt}%，经营现金流为正。",
        "盈利稳定，银行授信充足。",
        "扩张较快，短期资金偏紧。",
    ],
    "credit_standing": [
        "历史付款记录良好，无坏账。",
        "偶有逾期，均在 30 天内付清。",
        "现款现货，尚未申请赊销。",
    ],
}


def archive_texts(
    rng: Random, *, city: str, region: str, industry: str, years: int
) -> dict[str, str]:
    """One text for each field of the archive's groups 2 to 4."""
    slots = {
        "city": city,
        "region": region,
        "industry": industry,
        "years": years,
        "team": rng.randint(8, 120),
        "dealers": rng.randint(3, 40),
        "share": rng.randint(3, 35),
        "debt": rng.randint(28, 66),
    }
    return {field: rng.choice(texts).format(**slots) for field, texts in _TEXTS.items()}
